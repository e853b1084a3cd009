// Runs before the page's own scripts, in the publisher's and in the viewer's browser. It measures; it changes
// nothing but the camera: the time of each frame is drawn over it as a row of black and white blocks.
(() => {
  // 32 bits of Date.now() and 8 check bits, most significant first, over the full width of the picture.
  const BITS = 40;
  const BAND = 24 / 360; // the row's share of the picture's height
  const KEPT_BLOCKS = 2000; // of 10 ms

  const connections = [];
  // One for each connection: from its making until the first decoded picture.
  const joins = [];
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(...configuration) {
      super(...configuration);
      connections.push(this);
      const join = { tookMs: null };
      joins.push(join);
      const madeAt = performance.now();
      this.addEventListener("track", ({ track }) => {
        if (track.kind === "video") void firstFrame(track.clone()).then((at) => (join.tookMs = at - madeAt));
      });
    }
  };

  async function firstFrame(track) {
    const { value: frame } = await new MediaStreamTrackProcessor({ track }).readable.getReader().read();
    const at = performance.now();
    frame?.close();
    track.stop();
    return at;
  }

  const check = (value) => (value ^ (value >>> 8) ^ (value >>> 16) ^ (value >>> 24)) & 0xff;

  function drawTimeCode(canvas, drawing) {
    const value = Date.now() % 2 ** 32;
    const bits = value.toString(2).padStart(32, "0") + (check(value | 0) ^ 0x5a).toString(2).padStart(8, "0");
    const size = canvas.width / BITS;
    for (let index = 0; index < BITS; index++) {
      drawing.fillStyle = bits[index] === "1" ? "#fff" : "#000";
      drawing.fillRect(index * size, 0, size, canvas.height * BAND);
    }
  }

  function readTimeCode(pixels, width, height) {
    const row = Math.floor(height / 2) * width;
    let bits = "";
    for (let index = 0; index < BITS; index++) {
      const column = Math.floor(((index + 0.5) * width) / BITS);
      bits += pixels[4 * (row + column) + 1] > 128 ? "1" : "0";
    }
    const value = parseInt(bits.slice(0, 32), 2);
    return (check(value | 0) ^ 0x5a) === parseInt(bits.slice(32), 2) ? value : null;
  }

  // ---- the publisher's camera -------------------------------------------------------------------------------
  const devices = navigator.mediaDevices;
  const getUserMedia = devices && devices.getUserMedia.bind(devices);
  if (devices) {
    devices.getUserMedia = async (constraints) => {
      const asked = { ...constraints };
      if (asked.audio) {
        // A voice filter would take the chirps for noise.
        asked.audio = {
          ...(asked.audio === true ? {} : asked.audio),
          echoCancellation: false, noiseSuppression: false, autoGainControl: false,
        };
      }
      const captured = await getUserMedia(asked);
      const [microphone] = captured.getAudioTracks();
      if (microphone) void record(microphone.clone(), "sent");
      const [camera] = captured.getVideoTracks();
      return camera ? new MediaStream([withTimeCode(camera), ...captured.getAudioTracks()]) : captured;
    };
  }

  function withTimeCode(camera) {
    const { width, height } = camera.getSettings();
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const drawing = canvas.getContext("2d");
    const [composited] = canvas.captureStream(0).getVideoTracks();
    const frames = new MediaStreamTrackProcessor({ track: camera }).readable.getReader();
    const stop = composited.stop.bind(composited);
    composited.stop = () => { stop(); camera.stop(); };
    (async () => {
      for (;;) {
        const { value: frame, done } = await frames.read();
        if (done) return;
        drawing.drawImage(frame, 0, 0, width, height);
        frame.close();
        drawTimeCode(canvas, drawing);
        composited.requestFrame();
      }
    })();
    return composited;
  }

  // ---- sound, as samples with the time at which they came ---------------------------------------------------
  const recordings = {};

  async function record(track, name) {
    const blocks = (recordings[name] = []);
    const sound = new MediaStreamTrackProcessor({ track, maxBufferSize: 100 }).readable.getReader();
    for (;;) {
      const { value: block, done } = await sound.read();
      if (done) return;
      const samples = new Float32Array(block.numberOfFrames);
      block.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
      blocks.push({ at: Date.now(), timestamp: block.timestamp, rate: block.sampleRate, samples });
      if (blocks.length > KEPT_BLOCKS) blocks.shift();
      block.close();
    }
  }

  function recording(name) {
    const blocks = recordings[name] ?? [];
    const samples = new Float32Array(blocks.reduce((total, block) => total + block.samples.length, 0));
    let offset = 0;
    for (const block of blocks) {
      samples.set(block.samples, offset);
      offset += block.samples.length;
    }
    const bytes = new Uint8Array(samples.buffer);
    let text = "";
    for (let at = 0; at < bytes.length; at += 0x8000) {
      text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    }
    return { samples: btoa(text), blocks: blocks.map(({ at, timestamp, rate, samples }) => [at, timestamp / 1000, rate, samples.length]) };
  }

  // ---- what the viewer sees ---------------------------------------------------------------------------------
  const seen = { latencies: [], unreadable: 0, frames: 0 };

  // Over all connections the page makes, one after the other; the counters of getStats() begin anew with each.
  function countFrames(video) {
    const look = () => {
      video.requestVideoFrameCallback(look);
      seen.frames++;
    };
    video.requestVideoFrameCallback(look);
  }

  function watchTimeCodes(video) {
    const canvas = new OffscreenCanvas(BITS * 8, 16);
    const drawing = canvas.getContext("2d", { willReadFrequently: true });
    const look = (now, frame) => {
      video.requestVideoFrameCallback(look);
      drawing.drawImage(video, 0, 0, video.videoWidth, video.videoHeight * BAND, 0, 0, canvas.width, canvas.height);
      const { data } = drawing.getImageData(0, 0, canvas.width, canvas.height);
      const code = readTimeCode(data, canvas.width, canvas.height);
      if (code === null) {
        seen.unreadable++;
        return;
      }
      // Until the frame is on the screen, not only until it is known.
      const shownAt = Date.now() + Math.max(0, frame.expectedDisplayTime - performance.now());
      seen.latencies.push((shownAt % 2 ** 32) - code);
    };
    video.requestVideoFrameCallback(look);
  }

  // When each picture was shown (ms). `presentedFrames` counts those too that a busy page was not told of.
  const shown = [];

  function watchFrames(video) {
    const look = (now, { presentationTime, presentedFrames }) => {
      video.requestVideoFrameCallback(look);
      shown.push([presentationTime, presentedFrames]);
    };
    video.requestVideoFrameCallback(look);
  }

  function picture(video, width, height) {
    const canvas = new OffscreenCanvas(width, height);
    const drawing = canvas.getContext("2d", { willReadFrequently: true });
    const top = video.videoHeight * BAND; // the time code is no part of the film
    drawing.drawImage(video, 0, top, video.videoWidth, video.videoHeight - top, 0, 0, width, height);
    const { data } = drawing.getImageData(0, 0, width, height);
    return Array.from({ length: width * height }, (_, i) => (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3);
  }

  async function statistics(kind) {
    const reports = [];
    for (const connection of connections) {
      if (connection.connectionState === "closed") continue;
      const codecs = {};
      const all = [...(await connection.getStats()).values()];
      for (const report of all) if (report.type === "codec") codecs[report.id] = report.mimeType;
      for (const report of all) {
        if (report.type === kind && report.kind === "video") {
          reports.push({ ...report, codec: codecs[report.codecId], connectionState: connection.connectionState });
        }
      }
    }
    return reports;
  }

  window.instruments = {
    connections, joins, record, recording, watchTimeCodes, watchFrames, countFrames, picture, statistics, seen, shown,
  };
})();

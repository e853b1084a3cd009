// Command pion is a plain WHIP and WHEP forwarder on pion/webrtc, as one writes it first: default codecs, default
// interceptors, one local track for each incoming one. It is what Livehouse's native core is measured against.
//
// It serves one broadcast: POST /whip begins it, POST /whep watches it, DELETE on a session's Location ends that
// session. The first line it prints is its address.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// The largest datagram that WebRTC sends is well below.
const packetBytes = 1500

type forwarder struct {
	api *webrtc.API

	lock        sync.Mutex
	sessions    map[string]*webrtc.PeerConnection
	nextSession int
	broadcaster *webrtc.PeerConnection
	tracks      []*webrtc.TrackLocalStaticRTP
	videoSSRC   webrtc.SSRC
}

func main() {
	api, err := newAPI()
	if err != nil {
		log.Fatal(err)
	}
	forwarder := &forwarder{api: api, sessions: map[string]*webrtc.PeerConnection{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /whip", forwarder.answerTo(forwarder.ingest))
	mux.HandleFunc("POST /whep", forwarder.answerTo(forwarder.playback))
	mux.HandleFunc("DELETE /sessions/{id}", forwarder.close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, mux))
}

func newAPI() (*webrtc.API, error) {
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	interceptors := &interceptor.Registry{}
	if err := webrtc.RegisterDefaultInterceptors(media, interceptors); err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetIPFilter(net.IP.IsLoopback)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	return webrtc.NewAPI(
		webrtc.WithMediaEngine(media),
		webrtc.WithInterceptorRegistry(interceptors),
		webrtc.WithSettingEngine(settings),
	), nil
}

// answerTo makes a handler that answers an offer by the connection that prepare has set up.
func (f *forwarder) answerTo(prepare func(*webrtc.PeerConnection) error) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		offer, err := io.ReadAll(http.MaxBytesReader(response, request.Body, 1<<16))
		if err != nil {
			http.Error(response, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		id, answer, err := f.connect(string(offer), prepare)
		if err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		response.Header().Set("Content-Type", "application/sdp")
		response.Header().Set("Location", "/sessions/"+id)
		response.WriteHeader(http.StatusCreated)
		if _, err := io.WriteString(response, answer); err != nil {
			log.Print(err)
		}
	}
}

func (f *forwarder) connect(offer string, prepare func(*webrtc.PeerConnection) error) (id, answer string, err error) {
	connection, err := f.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, connection.Close())
		}
	}()
	if err := prepare(connection); err != nil {
		return "", "", err
	}
	description := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}
	if err := connection.SetRemoteDescription(description); err != nil {
		return "", "", err
	}
	local, err := connection.CreateAnswer(nil)
	if err != nil {
		return "", "", err
	}
	gathered := webrtc.GatheringCompletePromise(connection)
	if err := connection.SetLocalDescription(local); err != nil {
		return "", "", err
	}
	<-gathered

	f.lock.Lock()
	defer f.lock.Unlock()
	f.nextSession++
	id = strconv.Itoa(f.nextSession)
	f.sessions[id] = connection
	return id, connection.LocalDescription().SDP, nil
}

func (f *forwarder) close(response http.ResponseWriter, request *http.Request) {
	f.lock.Lock()
	id := request.PathValue("id")
	connection, known := f.sessions[id]
	delete(f.sessions, id)
	if known && connection == f.broadcaster {
		f.broadcaster, f.tracks = nil, nil
	}
	f.lock.Unlock()
	if !known {
		http.NotFound(response, request)
		return
	}
	if err := connection.Close(); err != nil {
		log.Print(err)
	}
}

func (f *forwarder) ingest(connection *webrtc.PeerConnection) error {
	f.lock.Lock()
	f.broadcaster, f.tracks = connection, nil
	f.lock.Unlock()
	connection.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		local, err := webrtc.NewTrackLocalStaticRTP(remote.Codec().RTPCodecCapability, remote.Kind().String(), "broadcast")
		if err != nil {
			log.Print(err)
			return
		}
		f.lock.Lock()
		f.tracks = append(f.tracks, local)
		if remote.Kind() == webrtc.RTPCodecTypeVideo {
			f.videoSSRC = remote.SSRC()
		}
		f.lock.Unlock()
		forward(remote, local)
	})
	return nil
}

func forward(remote *webrtc.TrackRemote, local *webrtc.TrackLocalStaticRTP) {
	packet := make([]byte, packetBytes)
	for {
		length, _, err := remote.Read(packet)
		if err != nil {
			return
		}
		if _, err := local.Write(packet[:length]); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			log.Print(err)
		}
	}
}

func (f *forwarder) playback(connection *webrtc.PeerConnection) error {
	f.lock.Lock()
	tracks := f.tracks
	f.lock.Unlock()
	if len(tracks) < 2 {
		return errors.New("nobody broadcasts")
	}
	for _, track := range tracks {
		sender, err := connection.AddTrack(track)
		if err != nil {
			return err
		}
		go f.readFeedback(sender)
	}
	connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			f.requestKeyframe()
		}
	})
	return nil
}

// readFeedback lets the interceptors see a viewer's RTCP and passes its keyframe requests on.
func (f *forwarder) readFeedback(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				f.requestKeyframe()
			}
		}
	}
}

func (f *forwarder) requestKeyframe() {
	f.lock.Lock()
	broadcaster, ssrc := f.broadcaster, f.videoSSRC
	f.lock.Unlock()
	if broadcaster == nil {
		return
	}
	request := []rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(ssrc)}}
	if err := broadcaster.WriteRTCP(request); err != nil {
		log.Print(err)
	}
}

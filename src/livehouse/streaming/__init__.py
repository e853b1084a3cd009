"""Going live and watching live: stream keys, broadcasts, ingest and playback sessions."""

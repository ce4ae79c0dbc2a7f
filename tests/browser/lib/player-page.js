// In the browser: hls.js, Shaka Player or video.js behind one face, window.player.
// SPDX-License-Identifier: MIT
/* global Hls, shaka, videojs */
(() => {
  const video = document.querySelector('video');
  const faults = [];
  let stalls = 0;
  let begun = false;
  video.addEventListener('playing', () => { begun = true; });
  video.addEventListener('waiting', () => { if (begun && !video.seeking) stalls++; });

  const KINDS = {
    hls(url, settings) {
      const hls = new Hls({ lowLatencyMode: true, ...settings });
      hls.on(Hls.Events.ERROR, (_, data) => faults.push(`${data.details}${data.fatal ? ' fatal' : ''}`));
      hls.loadSource(url);
      hls.attachMedia(video);
      return {
        latency: () => hls.latency,
        date: () => hls.playingDate,
        tracks: () => hls.audioTracks.map((t, i) => ({ language: t.lang, active: i === hls.audioTrack })),
        choose: (language) => { hls.audioTrack = hls.audioTracks.findIndex((t) => t.lang === language); },
      };
    },

    shaka(url, settings) {
      const player = new shaka.Player();
      const note = (e) => faults.push(`${(e.detail ?? e).code} ${(e.detail ?? e).data ?? ''}`);
      player.addEventListener('error', note);
      player.configure({ streaming: { lowLatencyMode: true }, ...settings });
      player.attach(video).then(() => player.load(url)).catch(note);
      return {
        latency: () => player.getStats().liveLatency,
        date: () => player.getPlayheadTimeAsDate(),
        tracks: () => player.getAudioTracks().map((t) => ({ language: t.language, active: t.active })),
        choose: (language) => player.selectAudioTrack(player.getAudioTracks()
          .find((t) => t.language === language)),
      };
    },

    videojs(url, settings) {
      const player = videojs(video, { liveui: true, html5: { vhs: { llhls: true,
        overrideNative: true, ...settings } } });
      player.on('error', () => faults.push(player.error()?.message));
      player.src({ src: url, type: 'application/vnd.apple.mpegurl' });
      const vhs = () => player.tech(true).vhs;
      const tracks = () => Array.from(player.audioTracks());
      const date = () => {
        let found = null;
        vhs()?.convertToProgramTime(player.currentTime(), (_, at) => { found = at; });
        return found && new Date(found.programDateTime);
      };
      return {
        latency: () => player.liveTracker.liveCurrentTime() - player.currentTime(),
        date,
        tracks: () => tracks().map((t) => ({ language: t.language, active: t.enabled })),
        choose: (language) => { tracks().find((t) => t.language === language).enabled = true; },
      };
    },
  };

  const query = new URLSearchParams(location.search);
  const inner = KINDS[query.get('player')](query.get('url'), JSON.parse(query.get('settings') ?? '{}'));
  const attempt = (get) => { try { return get() ?? null; } catch { return null; } };

  window.player = {
    stats() {
      const quality = document.querySelector('video').getVideoPlaybackQuality();
      const date = attempt(inner.date);
      return { currentTime: video.currentTime, paused: video.paused, stalls, faults,
        decoded: quality.totalVideoFrames, dropped: quality.droppedVideoFrames,
        soundBytes: video.webkitAudioDecodedByteCount, rate: video.playbackRate,
        latency: attempt(inner.latency), behindClock: date ? (Date.now() - date.getTime()) / 1000 : null };
    },
    tracks: inner.tracks,
    choose: inner.choose,
  };
})();

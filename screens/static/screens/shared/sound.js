// Tones made here and a voice where the device has one. Browsers let a page sound only after its first tap.

const audio = { context: null };

export function unlockSound() {
  if (!audio.context && window.AudioContext) audio.context = new AudioContext();
  if (audio.context && audio.context.state === "suspended") audio.context.resume();
}

export function canSound() {
  return Boolean(audio.context) && audio.context.state === "running";
}

/** Plays tones one after another: [[frequency in Hz, seconds], …]. Whether or not the device can sound, it is told. */
export function play(tones, loudness = 0.4) {
  document.dispatchEvent(new CustomEvent("sound", { detail: tones.map(([frequency]) => frequency) }));
  if (!audio.context) return;
  let at = audio.context.currentTime;
  tones.forEach(([frequency, seconds]) => {
    const [tone, gain] = [audio.context.createOscillator(), audio.context.createGain()];
    tone.frequency.value = frequency;
    gain.gain.setValueAtTime(0.0001, at);
    gain.gain.exponentialRampToValueAtTime(loudness, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
    tone.connect(gain);
    gain.connect(audio.context.destination);
    tone.start(at);
    tone.stop(at + seconds);
    at += seconds * 0.8;
  });
}

export const chime = () => play([[784, 0.28], [1047, 0.42]]);
export const alarm = () => play([[880, 0.18], [880, 0.18], [1175, 0.34]], 0.6);
export const rushTone = () => play([[988, 0.12], [988, 0.12], [988, 0.12]], 0.5);
export const warn = () => play([[233, 0.3], [196, 0.45]], 0.5);

/** Reads a text aloud in Chinese or English; does nothing where the device has no voice. */
export function speakAloud(text, language = "zh-CN") {
  if (!window.speechSynthesis) return;
  const words = new SpeechSynthesisUtterance(text);
  words.lang = language;
  window.speechSynthesis.speak(words);
}

/** Keeps the screen lit while it is looked at; asked again whenever the page comes back. */
export function stayAwake() {
  if (!navigator.wakeLock) return;
  const ask = () => !document.hidden && navigator.wakeLock.request("screen").catch(() => null);
  document.addEventListener("visibilitychange", ask);
  ask();
}

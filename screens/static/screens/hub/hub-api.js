// REST side of a screen: bearer token, one refresh at a time, problems as exceptions, Idempotency-Key. No DOM.

const TIMEOUT_MS = 15000;
const RETRY_MS = 1000;

/** A refusal by the server (RFC 9457). `code` is stable, `detail` is for people; `status` 0 = not reached. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.status = status;
    this.code = body.code || "unknown";
    this.detail = this.message;
    this.body = body;
    this.final = status === 401;
  }
}

/** A random UUID version 4 (crypto.randomUUID is younger than our browsers). */
export function uuid(cryptography = crypto) {
  const bytes = cryptography.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/**
 * settings: {base: "" or "https://host", place: storage key of the session, storage, fetch, wall() -> ms,
 * sleep(ms) -> Promise, onSession(session or null), words(Chinese) -> the page's language}. A session is {access, refresh, expires_at, user} or, for a
 * device, {access, device} which never expires by itself.
 */
export class Api {
  constructor(settings) {
    const world = { base: "", fetch: (...call) => fetch(...call), wall: () => Date.now(), onSession: () => {}, words: (text) => text };
    Object.assign(this, world, { sleep: (ms) => new Promise((done) => setTimeout(done, ms)) }, settings);
    this.session = null;
    this.refreshing = null;
    this.onRenewed = () => {};
    this.readStored();
  }

  readStored() {
    if (!this.storage) return this.session;
    const text = this.storage.getItem(this.place);
    this.session = text ? JSON.parse(text) : null;
    return this.session;
  }

  setSession(session) {
    this.session = session;
    if (this.storage && session) this.storage.setItem(this.place, JSON.stringify(session));
    if (this.storage && !session) this.storage.removeItem(this.place);
    this.onSession(session);
  }

  /** Keeps a token answer `{access, refresh, expires_in, user}`. */
  signedIn(answer) {
    this.setSession({ ...answer, expires_at: this.wall() + answer.expires_in * 1000 });
    return this.session;
  }

  async loginStaff(username, password) {
    return this.signedIn(await this.post("/api/v1/auth/login/", { username, password }, { anonymous: true }));
  }

  async loginWechat(code) {
    return this.signedIn(await this.post("/api/v1/auth/wechat/", { code }, { anonymous: true }));
  }

  async claimDevice(code) {
    const { token, device } = await this.post("/api/v1/devices/claim/", { code }, { anonymous: true });
    this.setSession({ access: token, device });
    return this.session;
  }

  async logout() {
    const session = this.session;
    this.setSession(null);
    if (session && session.refresh) await this.post("/api/v1/auth/logout/", { refresh: session.refresh });
  }

  /** Milliseconds the access token still has; null when it does not end by itself. */
  expiresInMs() {
    return this.session && this.session.expires_at ? this.session.expires_at - this.wall() : null;
  }

  /** The access token, a new one if asked or if the old one has ended; null without a session. */
  async accessToken(refresh = false) {
    const ended = this.expiresInMs() !== null && this.expiresInMs() <= 0;
    if (this.session && (refresh || ended)) await this.refresh();
    return this.session && this.session.access;
  }

  /** Single flight: callers that come together share one refresh. Rejects with Problem. */
  refresh() {
    if (!this.refreshing) {
      const done = () => (this.refreshing = null);
      this.refreshing = this.refreshNow();
      this.refreshing.then(done, done);
    }
    return this.refreshing;
  }

  async refreshNow() {
    const before = this.session;
    const stored = this.readStored() || before;
    // Another tab of this screen may have rotated already: an older refresh token would end the whole family.
    if (before && stored.access !== before.access) return this.renewed(stored);
    if (!stored || !stored.refresh) throw this.lost();
    try {
      const refresh = { refresh: stored.refresh };
      return this.renewed(this.signedIn(await this.post("/api/v1/auth/refresh/", refresh, { anonymous: true })));
    } catch (error) {
      if (error.status === 401) this.setSession(null);
      throw error;
    }
  }

  renewed(session) {
    this.session = session;
    this.onRenewed(session.access);
    return session;
  }

  lost() {
    this.setSession(null);
    return new Problem(401, { code: "auth.token_invalid", detail: this.words("请重新登录") });
  }

  get(path) {
    return this.request("GET", path);
  }

  /**
   * options: {key: Idempotency-Key, anonymous: bool}. A call with a key or an op_id is repeated once if
   * its answer is lost: the server does it only once.
   */
  post(path, body, options = {}) {
    return this.request("POST", path, { ...options, body });
  }

  /** Sends a file in the field `name`; it is not repeated by itself. */
  upload(path, file, name = "image") {
    const form = new FormData();
    form.append(name, file);
    return this.once("POST", path, { form });
  }

  async request(method, path, options = {}) {
    try {
      return await this.once(method, path, options);
    } catch (error) {
      if (!this.mayRepeat(error, method, options)) throw error;
      if (error.code === "auth.token_expired") await this.refresh();
      else await this.sleep(RETRY_MS);
      return this.once(method, path, options);
    }
  }

  mayRepeat(error, method, options) {
    const once = Boolean(options.key) || Boolean(options.body && options.body.op_id);
    if (error.code === "auth.token_expired") return !options.anonymous && Boolean(this.session);
    return (error.status === 0 || error.status === 503) && (method === "GET" || once);
  }

  async once(method, path, { body, form, key, anonymous }) {
    const headers = { Accept: "application/json" };
    const token = anonymous ? null : await this.accessToken();
    if (token) headers.Authorization = `Bearer ${token}`;
    if (key) headers["Idempotency-Key"] = key;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const answer = await this.reach(path, { method, headers, body: form || (body && JSON.stringify(body)) });
    const content = answer.status === 204 ? null : await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Problem(answer.status, content || {});
    return content;
  }

  delete(path) {
    return this.request("DELETE", path);
  }

  patch(path, body) {
    return this.request("PATCH", path, { body });
  }

  async reach(path, call) {
    const aborter = new AbortController();
    const timer = setTimeout(() => aborter.abort(), TIMEOUT_MS);
    try {
      const ours = { signal: aborter.signal, credentials: "omit", cache: "no-cache" };
      return await this.fetch(this.base + path, { ...call, ...ours });
    } catch (error) {
      throw new Problem(0, { code: "network.unreachable", detail: this.words("网络不通，请稍后再试") });
    } finally {
      clearTimeout(timer);
    }
  }
}

// News of a dashboard: one WebSocket, back-off when it is lost, and a look once a minute in any case.

const FIRST_WAIT = 1000; // ms before the first try to connect again; doubles, with jitter
const LONGEST_WAIT = 30000;
const LOOK_EVERY = 60000; // ms, connected: finds what a lost message would have said
const LOOK_WITHOUT_SOCKET = 15000;
const FOR_GOOD = [4400, 4401, 4403, 4404]; // closing codes after which trying again is of no use

async function unpacked(blob) {
  const stream = blob.stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

/** `on` has: news(message), look() -> asks for all that is new, state("live" | "lost" | "ended", seconds). */
export class Live {
  constructor(slug, on) {
    this.slug = slug;
    this.on = on;
    this.stopped = true;
    this.start();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.on.look();
    });
    window.addEventListener("online", () => this.connect());
  }

  start() {
    if (!this.stopped) return;
    this.stopped = false;
    this.wait = FIRST_WAIT;
    this.plan(LOOK_WITHOUT_SOCKET);
    this.connect();
  }

  /** Nobody is signed in: nothing is asked and nothing comes until `start`. */
  stop() {
    this.stopped = true;
    this.connected = false;
    clearTimeout(this.again);
    clearTimeout(this.next);
    this.socket?.close();
  }

  connect() {
    clearTimeout(this.again);
    if (this.stopped) return;
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    let socket;
    try {
      socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live/`);
    } catch (error) {
      console.warn("No WebSocket here, asking now and then instead:", error);
      return this.lost(0);
    }
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ dashboard: this.slug }));
    socket.onmessage = async ({ data }) => {
      if (this.stopped) return;
      if (typeof data !== "string") return this.on.news(await unpacked(data));
      this.wait = FIRST_WAIT;
      this.connected = true;
      this.on.state("live");
      this.on.look(); // whatever came while nobody listened
    };
    socket.onclose = ({ code }) => { if (socket === this.socket) this.lost(code); };
  }

  lost(code) {
    this.connected = false;
    if (this.stopped) return;
    if (FOR_GOOD.includes(code)) return this.on.state("ended");
    const wait = this.wait * (0.5 + Math.random() / 2);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    this.on.state("lost", Math.ceil(wait / 1000));
    this.again = setTimeout(() => this.connect(), wait);
  }

  plan(wait) {
    clearTimeout(this.next);
    this.next = setTimeout(async () => {
      try {
        if (!document.hidden) await this.on.look();
      } finally {
        if (!this.stopped) this.plan(this.connected ? LOOK_EVERY : LOOK_WITHOUT_SOCKET);
      }
    }, wait * (0.9 + Math.random() / 5));
  }
}

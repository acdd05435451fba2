// Bokeh drawings: embed one without data, then put the state of the data into its named models.

const NARROW = 420; // pixels of width below which a body's `narrow` properties hold
const LABELS = 6; // of a time axis that is zoomed, half as many where it is narrow

const tokens = JSON.parse(document.getElementById("colour-tokens")?.textContent ?? "{}");

/** Colours of the theme in force, by token colour. */
function palette() {
  const probe = document.body.appendChild(document.createElement("i"));
  const found = {};
  for (const [token, name] of Object.entries(tokens)) {
    probe.style.color = `var(--${name})`;
    found[token] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}

let colours = null;
document.documentElement.addEventListener("themechange", () => { colours = null; });

/** A deep copy in which token colours are colours, and missing numbers are NaN (a gap, never zero). */
function painted(value) {
  colours ??= palette();
  if (typeof value === "string") return colours[value] ?? value;
  if (Array.isArray(value)) {
    const numbers = value.some((item) => typeof item === "number");
    return value.map((item) => (item === null && numbers ? NaN : painted(item)));
  }
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, painted(item)]));
  }
  return value;
}

/** JSON has only texts as keys; ticks of a numeric axis are numbers. */
function byTick(labels) {
  return new Map(Object.entries(labels).map(([tick, label]) => [Number.isNaN(Number(tick)) ? tick : Number(tick), label]));
}

function bokeh() {
  if (window.Bokeh) return Promise.resolve(window.Bokeh);
  return new Promise((resolve, reject) => {
    const script = document.querySelector("script[src*='bokeh']");
    script.addEventListener("load", () => resolve(window.Bokeh));
    script.addEventListener("error", () => reject(new Error("BokehJS could not be loaded.")));
  });
}

/** Bokeh clears a canvas from half a pixel on, so what once stood at its edge would stay there. */
function wipe(context) {
  context.save();
  context.resetTransform();
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.restore();
}

/** One drawing on the page. */
export class Drawing {
  constructor(target) {
    this.target = target;
    this.applied = {};
    this.view = null;
    this.narrow = false;
    this.watch = new ResizeObserver(() => {
      if (this.view && this.narrow !== this.#isNarrow()) this.#apply(this.body);
    });
  }

  #isNarrow() {
    return this.target.clientWidth < NARROW;
  }

  /** Draw `item` (Bokeh's JSON of a document) with `body`, in place of what was there. */
  async show(item, body) {
    this.body = body;
    const Bokeh = await bokeh();
    this.close();
    this.item = item;
    this.document = Bokeh.require("document").Document.from_json(painted(item.doc));
    this.applied = {};
    this.#apply(this.body);
    // A finger that moves over a chart scrolls the page.
    const zoom = this.#model("zoom");
    if (zoom && matchMedia("(pointer: coarse)").matches) zoom.active = false;
    this.target.replaceChildren();
    const roots = await Bokeh.embed.add_document_standalone(this.document, this.target);
    this.view = roots;
    this.#follow(roots);
    this.#apply(this.body); // what came in the meantime; nothing when it is the same
    this.watch.observe(this.target);
  }

  #model(name) {
    return this.document.get_model_by_name(name);
  }

  /** What depends on the size of the frame and on the zoom, which only the browser knows. */
  #follow(roots) {
    // Bokeh's layer for the pointer takes the focus and does nothing with keys; `target` has its own.
    for (const { canvas_view } of roots) {
      if (!canvas_view) continue;
      canvas_view.events_el.removeAttribute("tabindex");
      for (const layer of [canvas_view.primary, canvas_view.overlays]) if (layer.ctx instanceof CanvasRenderingContext2D) layer.clear = () => wipe(layer.ctx);
    }
    if (this.#model("pixels")) {
      this.#model("plot").properties.inner_width.change.connect(() => this.#measure());
      this.#measure();
    }
    if (this.#model("strips")) this.#model("x_range").change.connect(() => this.#label());
  }

  /** The range "pixels" counts pixels from the right end of the frame, for labels that stand there. */
  #measure() {
    const width = this.#model("plot").inner_width;
    if (!width) return;
    const whole = { start: -width, end: 0, reset_start: -width, reset_end: 0, bounds: [-width, 0], min_interval: width };
    this.#model("pixels").setv(whole);
  }

  /** Labels of a time axis: of the whole as they were sent, of a part those of its buckets. */
  #label() {
    const { start, end, reset_start, reset_end } = this.#model("x_range");
    let { ticks } = this.body.props.x_ticks;
    let labels = this.body.props.x_axis.major_label_overrides;
    if (start > reset_start || end < reset_end) {
      const { at, short } = this.body.sources.strips;
      const seen = at.map((_, index) => index).filter((index) => at[index] >= start && at[index] <= end);
      const stride = Math.ceil(seen.length / (this.narrow ? LABELS / 2 : LABELS));
      const chosen = seen.filter((index) => index % stride === 0);
      ticks = chosen.map((index) => at[index]);
      labels = Object.fromEntries(chosen.map((index) => [at[index], short[index]]));
    }
    this.#set("x_axis", "major_label_overrides", labels);
    this.#set("x_ticks", "ticks", ticks);
  }

  /** New data into the same drawing: zoom, hover and selection stay. */
  update(body) {
    this.body = body;
    if (this.view) this.#apply(body); // else it is being drawn, and takes the newest body itself
  }

  repaint() {
    return this.item ? this.show(this.item, this.body) : null;
  }

  colour(token) {
    return painted(token);
  }

  close() {
    if (!this.view) return;
    this.watch.disconnect();
    this.document.clear();
    this.view = null;
  }

  #apply(body) {
    const sources = body.sources ?? {};
    for (const [name, columns] of Object.entries(sources)) this.#set(name, "data", columns);
    this.narrow = this.#isNarrow();
    for (const [name, properties] of Object.entries(body.props ?? {})) {
      const found = this.narrow ? { ...properties, ...body.narrow?.[name] } : properties;
      for (const [property, value] of Object.entries(found)) this.#set(name, property, value);
    }
    if (this.view && this.#model("strips") && sources.strips) this.#label();
  }

  // Only what changed is set: a range that the reader zoomed keeps the reader's view.
  #set(name, property, value) {
    const key = `${name}.${property}`;
    const text = JSON.stringify(value);
    if (this.applied[key] === text) return;
    const model = this.#model(name);
    if (!model) throw new Error(`The drawing has no model '${name}'.`);
    model.setv({ [property]: property === "major_label_overrides" ? byTick(value) : painted(value) });
    this.applied[key] = text;
  }
}

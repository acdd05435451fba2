// Bokeh drawings: embed one without data, then put the state of the data into its named models.

const NARROW = 420; // pixels of width below which a body's `narrow` properties hold
const LABELS = 6; // of a time axis that is zoomed, half as many where it is narrow

const tokens = JSON.parse(document.getElementById("colour-tokens")?.textContent ?? "{}");

const fontToken = Object.keys(tokens).find((token) => tokens[token] === "font");

/** Colours and font of the theme in force, by token. */
function palette() {
  const probe = document.body.appendChild(document.createElement("i"));
  const found = {};
  for (const [token, name] of Object.entries(tokens)) {
    if (token === fontToken) {
      found[token] = getComputedStyle(document.documentElement).getPropertyValue("--font").trim();
      continue;
    }
    probe.style.color = `var(--${name})`;
    found[token] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}

let colours = null;
document.documentElement.addEventListener("themechange", () => { colours = null; });

/** Whether drawings have other colours than the theme in force. */
export function isStale() {
  return colours !== null && JSON.stringify(colours) !== JSON.stringify(palette());
}

/** A deep copy in which tokens are colours and fonts, and missing numbers are NaN (a gap, never zero). */
function painted(value) {
  colours ??= palette();
  if (typeof value === "string") {
    if (fontToken && value.endsWith(` ${fontToken}`)) return value.replace(fontToken, () => colours[fontToken]);
    return colours[value] ?? value;
  }
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

/** Columns of a source that belong to the drawing, such as shapes; its tags name them. */
function kept(source) {
  const names = source.tags.flatMap((tag) => (tag instanceof Map ? tag.get("kept") : tag.kept) ?? []);
  const column = (name) => (source.data instanceof Map ? source.data.get(name) : source.data[name]);
  return Object.fromEntries(names.map((name) => [name, column(name)]));
}

const bokeh = new Promise((resolve, reject) => {
  const script = document.querySelector("script[src*='bokeh']");
  const ready = () => {
    window.Bokeh.require("core/ui_gestures").UIGestures.doubletap_threshold = 0; // each of two quick clicks counts
    resolve(window.Bokeh);
  };
  if (window.Bokeh) ready();
  script?.addEventListener("load", ready);
  script?.addEventListener("error", () => reject(new Error("BokehJS could not be loaded.")));
});

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
    this.reset = null; // the button, while the reader sees a part
    target.addEventListener("dblclick", () => this.#zoomOut());
    this.watch = new ResizeObserver(() => {
      if (this.view && this.narrow !== this.#isNarrow()) this.#apply(this.body);
    });
  }

  #isNarrow() {
    const width = this.target.clientWidth; // none while it is laid aside
    return width ? width < NARROW : this.narrow;
  }

  /** Draw `item` (Bokeh's JSON of a document) with `body`, in place of what was there. */
  async show(item, body) {
    this.body = body;
    const Bokeh = await bokeh;
    this.close();
    this.item = item;
    const made = (this.document = Bokeh.require("document").Document.from_json(painted(item.doc)));
    this.applied = {};
    this.#apply(this.body);
    // A finger that moves over a chart scrolls the page.
    const zoom = this.#model("zoom");
    if (zoom && matchMedia("(pointer: coarse)").matches) zoom.active = false;
    this.target.replaceChildren();
    const roots = await Bokeh.embed.add_document_standalone(made, this.target);
    if (this.document !== made) return made.clear(); // closed, or drawn anew, in the meantime
    this.view = roots;
    this.#follow(roots);
    this.#apply(this.body); // what came in the meantime; nothing when it is the same
    this.#listen();
    this.watch.observe(this.target);
  }

  /** A click on a mark says which value of which column it stands for. */
  #listen() {
    const { source } = this.body.picks ?? {};
    if (!source) return;
    const { selected } = this.#model(source);
    selected.properties.indices.change.connect(() => {
      if (this.selecting) return;
      const { column, values } = this.body.picks;
      const found = selected.indices.map((index) => values[index]).filter((value) => !value?.none);
      const detail = { column, values: [...new Set(found.map((value) => (value === null ? "" : String(value))))] };
      this.target.dispatchEvent(new CustomEvent("pick", { bubbles: true, detail }));
    });
    this.mark(this.picked ?? []);
  }

  /** Show the marks of these values as chosen; of none, all marks look alike. */
  mark(picked) {
    this.picked = picked;
    const { source, column, values } = this.body?.picks ?? {};
    if (!source || !this.view) return;
    const wanted = picked.filter(([name]) => name === column).map(([, value]) => value);
    const indices = values.flatMap((value, index) => (!value?.none && wanted.includes(value === null ? "" : String(value)) ? [index] : []));
    this.selecting = true;
    this.#model(source).selected.indices = indices;
    this.selecting = false;
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
    if (this.#model("zoom")) {
      this.#model("x_range").change.connect(() => this.#offer());
      this.#offer();
    }
  }

  #isZoomed() {
    const { start, end, reset_start, reset_end } = this.#model("x_range");
    return start > reset_start || end < reset_end;
  }

  /** A way back for those who zoomed; it stands beside the picture, which is one image to readers. */
  #offer() {
    if (this.reset && !this.#isZoomed()) this.#takeBack();
    else if (!this.reset && this.#isZoomed()) {
      this.reset = document.createElement("button");
      this.reset.type = "button";
      this.reset.className = "zoom-reset";
      this.reset.textContent = "Reset zoom";
      this.reset.addEventListener("click", () => this.#zoomOut());
      this.target.after(this.reset);
    }
  }

  #takeBack() {
    if (this.reset === document.activeElement) this.target.focus();
    this.reset?.remove();
    this.reset = null;
  }

  #zoomOut() {
    if (!this.view || !this.#model("zoom") || !this.#isZoomed()) return;
    const { reset_start, reset_end } = this.#model("x_range");
    this.#model("x_range").setv({ start: reset_start, end: reset_end });
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
    const { at, short } = this.body.sources?.strips ?? {};
    if (!at) return; // strips of values, not of time
    const { start, end } = this.#model("x_range");
    let { ticks } = this.body.props.x_ticks;
    let labels = this.body.props.x_axis.major_label_overrides;
    if (this.#isZoomed()) {
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
    if (!this.view) return; // it is being drawn, and takes the newest body itself
    this.#apply(body);
    this.mark(this.picked ?? []);
  }

  /** Take the size of its place at once, not when the browser says that it changed. */
  fit() {
    for (const root of this.view ?? []) {
      root.after_resize();
      root.repaint?.();
    }
  }

  /** For paper: a canvas that was just painted again is printed half empty, a copy of it is not. */
  copy() {
    for (const { canvas_view } of this.view ?? []) {
      if (!canvas_view) continue;
      const [primary, overlays] = [canvas_view.primary.canvas, canvas_view.overlays.canvas];
      const copy = Object.assign(document.createElement("canvas"), { className: "on-paper", width: primary.width, height: primary.height });
      for (const layer of [primary, overlays]) copy.getContext("2d").drawImage(layer, 0, 0);
      this.target.append(copy);
    }
  }

  dropCopy() {
    this.target.querySelector(":scope > .on-paper")?.remove();
  }

  repaint() {
    return this.item ? this.show(this.item, this.body) : null;
  }

  colour(token) {
    return painted(token);
  }

  close() {
    this.watch.disconnect();
    this.#takeBack();
    if (this.view) this.document.clear();
    this.view = this.document = null;
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

  /** Bokeh takes rows in steps of their own; a new layout between two of them would paint rows that are gone. */
  #hold() {
    const plot = this.#model("plot");
    plot.hold_render = true;
    clearTimeout(this.held);
    this.held = setTimeout(() => { plot.hold_render = false; });
  }

  // Only what changed is set: a range that the reader zoomed keeps the reader's view.
  #set(name, property, value) {
    const key = `${name}.${property}`;
    const text = JSON.stringify(value);
    if (this.applied[key] === text) return;
    const model = this.#model(name);
    if (!model) throw new Error(`The drawing has no model '${name}'.`);
    if (property === "data" && this.view) this.#hold();
    const given = property === "major_label_overrides" ? byTick(value) : painted(value);
    model.setv({ [property]: property === "data" ? { ...kept(model), ...given } : given });
    this.applied[key] = text;
  }
}

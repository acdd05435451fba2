// Bokeh drawings: embed one without data, then put the state of the data into its named models.

const NARROW = 420; // pixels of width below which a body's `narrow` properties hold

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
    const zoom = this.document.get_model_by_name("zoom");
    if (zoom && matchMedia("(pointer: coarse)").matches) zoom.active = false;
    this.target.replaceChildren();
    const roots = await Bokeh.embed.add_document_standalone(this.document, this.target);
    this.view = roots;
    this.#apply(this.body); // what came in the meantime; nothing when it is the same
    this.watch.observe(this.target);
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
  }

  // Only what changed is set: a range that the reader zoomed keeps the reader's view.
  #set(name, property, value) {
    const key = `${name}.${property}`;
    const text = JSON.stringify(value);
    if (this.applied[key] === text) return;
    const model = this.document.get_model_by_name(name);
    if (!model) throw new Error(`The drawing has no model '${name}'.`);
    model.setv({ [property]: property === "major_label_overrides" ? byTick(value) : painted(value) });
    this.applied[key] = text;
  }
}

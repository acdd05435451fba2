// How the cards and tabs of a dashboard shall stand: the record that arranging changes. No DOM here.

export const WIDTHS = [2, 12];
export const HEIGHTS = [3, 16];
const SMALL = 4; // rows of a slot that is meant for a number
const MOST_STEPS = 200;

export function within(value, [low, high]) {
  return Math.max(low, Math.min(high, value));
}

/** As the server has it: small cards stand two in a row on a tablet, all others alone. */
function usual(card, device, name) {
  if (name === "height" || device === "desktop") return card[name];
  return device === "tablet" && card.width <= 4 ? 6 : 12;
}

export class Arrangement {
  constructor({ version, tabs, cards }, slug) {
    this.version = version;
    this.tabs = tabs;
    this.cards = cards;
    this.tab = (tabs.find((tab) => tab.slug === slug) ?? tabs[0])?.id ?? null;
    this.device = "desktop";
    this.past = [];
    this.made = 0; // tabs that are not stored yet
  }

  get columns() {
    return this.device === "phone" ? 1 : 12;
  }

  get changed() {
    return this.past.length > 0;
  }

  card(id) {
    return this.cards.find((card) => card.id === id);
  }

  /** Cards of the tab in view, in the order of the device. */
  get shown() {
    const here = this.cards.filter((card) => card.tab === this.tab);
    const order = (card) => card.places[this.device]?.position ?? 0;
    return this.device === "desktop" ? here : here.sort((one, other) => order(one) - order(other));
  }

  /** [columns, rows] of a card on the device. */
  size(card) {
    const place = this.device === "desktop" ? card : { ...card.places[this.device] };
    const width = this.device === "phone" ? 1 : place.width ?? usual(card, this.device, "width");
    return [width, place.height ?? usual(card, this.device, "height")];
  }

  isHidden(card) {
    return Boolean(card.places[this.device]?.hidden);
  }

  /** Remember how it is, so that the step can be taken back. */
  step() {
    const { tabs, cards, tab } = this;
    this.past = [...this.past.slice(-MOST_STEPS), structuredClone({ tabs, cards, tab })];
  }

  undo() {
    const before = this.past.pop();
    if (before) Object.assign(this, before);
    return Boolean(before);
  }

  /** A step that changed nothing is none. */
  settle() {
    const last = this.past.at(-1);
    const { tabs, cards, tab } = this;
    if (last && JSON.stringify(last) === JSON.stringify({ tabs, cards, tab })) this.past.pop();
  }

  #put(card, name, value) {
    const { device } = this;
    if (device === "desktop") return void (card[name] = value);
    const place = { ...card.places[device], [name]: value };
    if (value === undefined || value === false || (name !== "position" && value === usual(card, device, name))) delete place[name];
    card.places = { ...card.places, [device]: place };
    if (!Object.keys(place).length) delete card.places[device];
  }

  resize(id, width, height) {
    const card = this.card(id);
    if (this.device !== "phone") this.#put(card, "width", within(width, WIDTHS));
    this.#put(card, "height", within(height, HEIGHTS));
  }

  hide(id, hidden) {
    this.#put(this.card(id), "hidden", hidden);
  }

  /** Let a card stand at this index among those of its tab. */
  move(id, index) {
    const order = this.shown.filter((card) => card.id !== id);
    const card = this.card(id);
    order.splice(index, 0, card);
    if (this.device !== "desktop") return this.#order(order);
    const next = order[index + 1];
    this.cards = this.cards.filter((other) => other !== card);
    this.cards.splice(next ? this.cards.indexOf(next) : this.cards.length, 0, card);
  }

  /** An order of the device's own, from the first card on that stands elsewhere than usual. */
  #order(order) {
    const ids = new Set(order.map((card) => card.id));
    const plain = this.cards.filter((card) => ids.has(card.id));
    const same = order.findIndex((card, index) => card !== plain[index]);
    order.forEach((card, index) => this.#put(card, "position", same < 0 || index < same ? undefined : index + 1));
  }

  /** To the end of another tab. */
  toTab(id, tab) {
    const card = this.card(id);
    for (const device of Object.keys(card.places)) {
      card.places[device] = { ...card.places[device] };
      delete card.places[device].position;
    }
    card.tab = tab;
    this.cards = [...this.cards.filter((other) => other !== card), card];
  }

  addTab(title) {
    const made = (name) => ({ id: `new${(this.made += 1)}`, title: name });
    if (!this.tabs.length) {
      this.tabs = [made("Overview")];
      this.cards.forEach((card) => { card.tab = this.tabs[0].id; });
    }
    this.tabs = [...this.tabs, made(title)];
    this.tab = this.tabs.at(-1).id;
  }

  rename(id, title) {
    this.tabs.find((tab) => tab.id === id).title = title;
  }

  moveTab(id, step) {
    const from = this.tabs.findIndex((tab) => tab.id === id);
    const to = within(from + step, [0, this.tabs.length - 1]);
    this.tabs.splice(to, 0, ...this.tabs.splice(from, 1));
  }

  /** Its cards move to the first tab that is left; without any the dashboard is one page. */
  deleteTab(id) {
    const of = this.cards.filter((card) => card.tab === id);
    this.tabs = this.tabs.filter((tab) => tab.id !== id);
    this.tab = this.tabs[0]?.id ?? null;
    for (const card of of) this.toTab(card.id, this.tab);
  }

  /** Sizes of a layout template: each slot takes the first card that can be read in it, a large
   *  one rather a chart than a number. Its last row repeats for all further cards. */
  apply({ slots, again }) {
    const tail = slots.slice(again);
    const waiting = this.shown;
    const order = [];
    for (let index = 0; waiting.length; index += 1) {
      const slot = slots[index] ?? tail[(index - slots.length) % tail.length];
      const fits = ({ least }) => least.every((size, way) => size <= slot[way]);
      const fills = (card) => fits(card) && (card.least[1] > SMALL || slot[1] <= SMALL);
      let found = waiting.findIndex(fills);
      if (found < 0) found = waiting.findIndex(fits);
      if (found < 0 && index < again) continue; // no card for this one: it is left out
      const [card] = waiting.splice(Math.max(found, 0), 1);
      this.resize(card.id, ...slot.map((size, way) => Math.max(size, card.least[way])));
      order.push(card);
    }
    this.#reorder(order);
  }

  #reorder(order) {
    if (this.device !== "desktop") return this.#order(order);
    const here = new Set(order);
    const next = order.values();
    this.cards = this.cards.map((card) => (here.has(card) ? next.next().value : card));
  }

  get json() {
    return JSON.stringify({
      version: this.version,
      tabs: this.tabs.map(({ id, title }) => ({ id, title })),
      cards: this.cards.map(({ id, tab, width, height, places }) => ({ id, tab, width, height, places })),
    });
  }
}

// Cards are drawn when they come in sight, one after the other; the rest when nothing else is to do.

const AHEAD = "400px"; // of the edge of the screen

/** Lets the browser have its turn: it paints, and answers to people. */
export const breath = () => window.scheduler?.yield?.() ?? new Promise((done) => setTimeout(done));
const whenIdle = window.requestIdleCallback ?? ((call) => setTimeout(call, 50));

/** Draw; where that fails, the card says so. */
export async function guarded(card, draw) {
  try {
    await draw();
  } catch (error) {
    console.error(error);
    card.say("i-err", "Could not draw", "Reload the page; if it stays so, tell the owner of this dashboard.");
  }
}

const enter = (card) => guarded(card, () => card.enter());

export class Sight {
  #coming = [];
  #cards = new Map(); // section -> card out of sight
  #observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting && this.#cards.has(target)) this.#come(target);
  }, { rootMargin: AHEAD });

  watch(card) {
    this.#cards.set(card.section, card);
    this.#observer.observe(card.section);
  }

  forget() {
    this.#observer.disconnect();
    this.#cards.clear();
  }

  async #come(section) {
    const card = this.#cards.get(section);
    this.#observer.unobserve(section);
    this.#cards.delete(section);
    if (this.#coming.push(card) > 1) return;
    for (; this.#coming.length; this.#coming.shift()) {
      await enter(this.#coming[0]);
      await breath();
    }
  }

  drawRest(cards) {
    const next = [...cards.values()].find((card) => card.waiting && !card.inSight);
    if (next) whenIdle(() => enter(next).then(() => this.drawRest(cards)));
  }
}

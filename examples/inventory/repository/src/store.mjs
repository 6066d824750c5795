/**
 * Things by id, in memory.
 *
 * @template {{ id: string }} T
 */
export class Store {
  /** @type {Map<string, T>} */
  #things = new Map();

  /** @param {T} thing */
  add(thing) {
    if (this.#things.has(thing.id)) throw new Error(`there is already a ${thing.id}`);
    this.#things.set(thing.id, thing);
    return thing;
  }

  /** @param {string} id */
  find(id) {
    return this.#things.get(id) ?? null;
  }

  all() {
    return [...this.#things.values()];
  }
}

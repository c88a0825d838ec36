// How this store and its stations want their screens; read at the start and whenever the socket comes back.

const USUAL = { name: "", warn: 5, late: 8 };

export class Settings {
  constructor(api, store, storage = localStorage) {
    Object.assign(this, { api, store, storage, place: `kaifan.kitchen.settings.${store}`, twoStep: false, stations: {} });
    Object.assign(this, JSON.parse(storage.getItem(this.place) || "null"));
  }

  station(code) {
    return this.stations[code] || USUAL;
  }

  /** Resolves to whether anything is other than before; without an answer the last settings stay. */
  async load() {
    const [store, stations] = await Promise.all([
      this.api.get(`/api/v1/stores/${this.store}/`),
      this.api.get(`/api/v1/stores/${this.store}/stations/`),
    ]);
    const list = stations.results || stations;
    const entries = list.map((one) => [one.code, { name: one.name, warn: one.warn_minutes, late: one.late_minutes }]);
    const read = { twoStep: Boolean(store.two_step), stations: Object.fromEntries(entries) };
    const text = JSON.stringify(read);
    if (text === JSON.stringify({ twoStep: this.twoStep, stations: this.stations })) return false;
    Object.assign(this, read);
    this.storage.setItem(this.place, text);
    return true;
  }
}

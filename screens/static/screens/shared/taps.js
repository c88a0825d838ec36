// Where a browser keeps taps that were not sent yet: IndexedDB, so a reload or a flat battery loses none.

const NAME = "kaifan";
const TABLE = "taps";

function asked(request) {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

function opened() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "op_id" });
  return asked(request);
}

/** TapQueue's store; `owner` keeps the taps of several screens and stores apart. */
export class IndexedTaps {
  constructor(owner) {
    this.owner = owner;
    this.database = opened();
    // Where IndexedDB is refused (private windows), every call says so and the queue lives in memory.
    this.database.catch(() => null);
  }

  async table(mode) {
    return (await this.database).transaction(TABLE, mode).objectStore(TABLE);
  }

  async all() {
    const taps = await asked((await this.table("readonly")).getAll());
    return taps.filter((tap) => tap.owner === this.owner);
  }

  async put(tap) {
    return asked((await this.table("readwrite")).put({ ...tap, owner: this.owner }));
  }

  async remove(id) {
    return asked((await this.table("readwrite")).delete(id));
  }
}

import { replayEntered, TERMINAL_STATES } from '@reenact/contracts';
import { connect } from '@nats-io/transport-node';

const PATIENCE_MS = 120_000;

/** Learns of the ends of replays from their events, as every consumer can: to ask for each in turn would load what is measured. */
export class Ends {
  #connection;
  #known = new Map();
  #waiting = new Map();

  static async listen(natsUrl) {
    const ends = new Ends();
    const { host, username, password } = new URL(natsUrl);
    ends.#connection = await connect({ servers: host, user: decodeURIComponent(username), pass: decodeURIComponent(password) });
    for (const state of TERMINAL_STATES) {
      const callback = (_error, message) => ends.#take(message.json());
      ends.#connection.subscribe(`${replayEntered[state].type}.*`, { callback });
    }
    await ends.#connection.flush();
    return ends;
  }

  /** Resolves when the replay has ended. Throws when it did so in another state than the expected one. */
  async of(replayId, expected) {
    const { state, codes } = this.#known.get(replayId) ?? (await this.#next(replayId));
    this.#known.delete(replayId);
    if (state !== expected) throw new Error(`${replayId} ended ${state}: ${codes?.join(', ')}`);
  }

  async close() {
    await this.#connection.close();
  }

  #next(replayId) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${replayId} has not ended after ${PATIENCE_MS} ms`)), PATIENCE_MS);
      this.#waiting.set(replayId, (end) => {
        clearTimeout(timer);
        resolve(end);
      });
    });
  }

  #take(end) {
    const waiting = this.#waiting.get(end.replayId);
    this.#waiting.delete(end.replayId);
    if (waiting) waiting(end);
    else this.#known.set(end.replayId, end);
  }
}

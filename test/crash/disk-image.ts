import path from "node:path";
import type { Seeded } from "./seeded.ts";
import { pathOf, type SystemCall, stringsIn } from "./system-calls.ts";

/** What disks write in one piece. */
const SECTOR_BYTES = 512;

type Change = { kind: "write"; offset: number; bytes: Buffer } | { kind: "size"; size: number };

/** A file apart from its names. */
interface Inode {
  /** What is surely on the disk. */
  synced: Content;
  /** What may be there or not, in order. */
  pending: Change[];
}

/** A change of a folder. */
type Naming = (names: Map<string, Inode>) => void;

/** Folder's content at a power cut, name → bytes. */
export type Image = Map<string, Buffer>;

/**
 * The files of one folder as a disk sees them: what was written is surely there only once it was synced, and a name only
 * once the folder was. Plays the calls of a traced process, and says at any moment what a power cut may leave.
 *
 * It is stricter than file systems are: nothing that was not synced is there by itself, whatever else was.
 */
export class Disk {
  readonly #folder: string;
  /** As the process sees it. */
  readonly #names = new Map<string, Inode>();
  /** As it is on the disk … */
  #syncedNames = new Map<string, Inode>();
  /** … and what is done to it since. */
  #pendingNames: Naming[] = [];
  /** Of descriptors that are written without an offset. */
  readonly #positions = new Map<string, number>();
  /** Steps of the trace, by position. */
  readonly #steps: { at: number; run: () => void }[] = [];
  #next = 0;

  constructor(folder: string, calls: readonly SystemCall[]) {
    this.#folder = folder;
    for (const call of calls) this.#plan(call);
    this.#steps.sort((a, b) => a.at - b.at);
  }

  /** Plays on, up to this position of the trace. */
  advance(position: number): void {
    for (; this.#next < this.#steps.length && this.#steps[this.#next]!.at <= position; this.#next++) {
      this.#steps[this.#next]!.run();
    }
  }

  /** Everything that was not synced is gone. */
  strictest(): Image {
    return new Map([...this.#syncedNames].map(([name, { synced }]) => [name, synced.copy().bytes]));
  }

  /** Of what was not synced any part may be there: some writes and not others, and of a write some sectors. */
  torn(random: Seeded): Image {
    const names = new Map(this.#syncedNames);
    // A folder's changes are kept in order by every file system: some first ones are there.
    for (const naming of this.#pendingNames.slice(0, random.whole(0, this.#pendingNames.length))) naming(names);
    const keeps = random.pick([0.1, 0.5, 0.9, 1]);
    const isTorn = random.next() < 0.5;
    const image: Image = new Map();
    for (const [name, { synced, pending }] of names) {
      const content = synced.copy();
      for (const change of pending) {
        if (random.next() < keeps) content.apply(change, () => !isTorn || random.next() < 0.8);
      }
      image.set(name, content.bytes);
    }
    return image;
  }

  #plan(call: SystemCall): void {
    if (call.result !== undefined && call.result < 0) return;
    const { name, begun, ended } = call;
    const step = (run: () => void, at = begun) => this.#steps.push({ at, run });
    if (name === "openat") this.#planOpen(call);
    else if (name === "rename" || name === "link") {
      const [from, to] = stringsIn(call).map((one) => this.#nameOf(one.toString()));
      if (from === undefined || to === undefined) return;
      step(() => {
        const inode = this.#names.get(from);
        if (inode === undefined) throw new Error(`${name} of a file that the trace does not know: ${from}`);
        this.#name((names) => {
          names.set(to, inode);
          if (name === "rename") names.delete(from);
        });
      });
    } else if (name === "unlink") {
      const file = this.#nameOf(stringsIn(call)[0]!.toString());
      if (file !== undefined) step(() => this.#name((names) => names.delete(file)));
    } else if (/^f(data)?sync$/.test(name)) {
      const target = pathOf(call);
      if (target === undefined || ended === Number.POSITIVE_INFINITY) return;
      this.#planSync(target, begun, ended);
    } else if (name === "pwrite64" || name === "write" || name === "ftruncate") this.#planWrite(call);
  }

  #planOpen(call: SystemCall): void {
    const [given] = stringsIn(call);
    const file = given === undefined ? undefined : this.#nameOf(given.toString());
    if (file === undefined) return;
    this.#steps.push({
      at: call.begun,
      run: () => {
        this.#positions.set(`${call.result}`, 0);
        const known = this.#names.get(file);
        if (known === undefined) {
          if (!call.args.includes("O_CREAT")) throw new Error(`${file} is older than the trace`);
          const inode: Inode = { synced: new Content(), pending: [] };
          this.#name((names) => names.set(file, inode));
        } else if (call.args.includes("O_TRUNC")) known.pending.push({ kind: "size", size: 0 });
      },
    });
  }

  #planWrite(call: SystemCall): void {
    const target = pathOf(call);
    const file = target === undefined ? undefined : this.#nameOf(target);
    if (file === undefined) return;
    const descriptor = /^\d+/.exec(call.args)![0];
    const last = Number(/(\d+)$/.exec(call.args)?.[1]);
    const bytes = call.name === "ftruncate" ? undefined : stringsIn(call)[0]!.subarray(0, call.result);
    this.#steps.push({
      at: call.begun,
      run: () => {
        const inode = this.#names.get(file);
        if (inode === undefined) throw new Error(`${call.name} to a file that the trace does not know: ${file}`);
        if (bytes === undefined) inode.pending.push({ kind: "size", size: last });
        else if (call.name === "pwrite64") inode.pending.push({ kind: "write", offset: last, bytes });
        else {
          const offset = this.#positions.get(descriptor) ?? 0;
          this.#positions.set(descriptor, offset + bytes.length);
          inode.pending.push({ kind: "write", offset, bytes });
        }
      },
    });
  }

  /** It covers what had been done when it began, and is sure of it when it has ended. */
  #planSync(target: string, begun: number, ended: number): void {
    const file = this.#nameOf(target);
    let covered: () => void = () => {};
    this.#steps.push({
      at: begun,
      run: () => {
        if (target === this.#folder) {
          const count = this.#pendingNames.length;
          covered = () => {
            for (const naming of this.#pendingNames.splice(0, count)) naming(this.#syncedNames);
          };
        } else if (file !== undefined) {
          const inode = this.#names.get(file);
          const count = inode?.pending.length ?? 0;
          covered = () => {
            for (const change of inode?.pending.splice(0, count) ?? []) inode!.synced.apply(change, () => true);
          };
        }
      },
    });
    this.#steps.push({ at: ended, run: () => covered() });
  }

  /** Its name in the folder; undefined: it is elsewhere, or nothing that has to last (an index in memory, a log). */
  #nameOf(file: string): string | undefined {
    return path.dirname(file) === this.#folder && !/-shm$|\.log$/.test(file) ? path.basename(file) : undefined;
  }

  #name(naming: Naming): void {
    naming(this.#names);
    this.#pendingNames.push(naming);
  }
}

/** Bytes that grow. */
class Content {
  #buffer: Buffer;
  #size: number;

  constructor(bytes: Buffer = Buffer.alloc(0)) {
    this.#buffer = bytes;
    this.#size = bytes.length;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  copy(): Content {
    return new Content(Buffer.from(this.bytes));
  }

  /** `keeps`: asked for each sector of a write. What was never written in between is zero. */
  apply(change: Change, keeps: () => boolean): void {
    if (change.kind === "size") {
      this.#resize(change.size);
      return;
    }
    const { offset, bytes } = change;
    this.#resize(Math.max(this.#size, offset + bytes.length));
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + SECTOR_BYTES - ((offset + at) % SECTOR_BYTES));
      if (keeps()) bytes.copy(this.#buffer, offset + at, at, end);
      at = end;
    }
  }

  #resize(size: number): void {
    if (this.#buffer.length < size) {
      const larger = Buffer.alloc(Math.max(size, 2 * this.#buffer.length));
      this.bytes.copy(larger);
      this.#buffer = larger;
    }
    // What is cut off must not come back when it grows again.
    if (size < this.#size) this.#buffer.fill(0, size, this.#size);
    this.#size = size;
  }
}

// Shares each road (an app's way to one provider service) fairly between organizations: they take turns, one road
// never waits for another, and whoever is slow takes up a part of a road at most. A road has as many places as its
// provider can carry at once, so that nothing waits inside the provider, where nobody takes turns. An organization may
// start only while it has fewer under way than there are places free, so one alone gets half of a road, and a newcomer
// always finds places. Bounded: when there is no room, whoever waits with most gives up its newest.

export type Job = {
  /** Does the work; the place is taken until it settles. Must not reject. */
  run(): Promise<void>;
  /** There was no room. Called instead of `run`, perhaps later. */
  refuse(): void;
};

type Lane = { waiting: Job[]; underWay: number };
type Road = { capacity: () => number; lanes: Map<string, Lane>; underWay: number; pumping: boolean };

/** `capacity` is asked again at each start. */
type RoadOfJob = { name: string; capacity: () => number };

export type FairQueueLimits = {
  waitingPerOrganization: number;
  waiting: number;
};

const defaultLimits: FairQueueLimits = {
  waitingPerOrganization: 5000,
  waiting: 50_000,
};

/** Starts in one go; then everything else of the process has its turn. */
const sliceSize = 50;

export class FairQueue {
  readonly #limits: FairQueueLimits;
  readonly #roads = new Map<string, Road>();
  #waiting = 0;

  constructor(limits: Partial<FairQueueLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  get waiting(): number {
    return this.#waiting;
  }

  submit({ road: of, organizationId }: { road: RoadOfJob; organizationId: string }, job: Job): void {
    const { name, capacity } = of;
    const road = this.#roads.get(name) ?? { capacity, lanes: new Map(), underWay: 0, pumping: false };
    const lane = road.lanes.get(organizationId) ?? { waiting: [], underWay: 0 };
    if (lane.waiting.length >= this.#limits.waitingPerOrganization) {
      job.refuse();
      return;
    }
    this.#roads.set(name, road);
    road.lanes.set(organizationId, lane);
    lane.waiting.push(job);
    this.#waiting += 1;
    if (this.#waiting > this.#limits.waiting) this.#giveUpOfLongest();
    this.#pumpLater(name, road);
  }

  #giveUpOfLongest(): void {
    let longest: Lane | undefined;
    for (const { lanes } of this.#roads.values()) {
      for (const lane of lanes.values()) {
        if (longest === undefined || lane.waiting.length > longest.waiting.length) longest = lane;
      }
    }
    this.#waiting -= 1;
    longest?.waiting.pop()?.refuse();
  }

  #pumpLater(name: string, road: Road): void {
    if (road.pumping) return;
    road.pumping = true;
    setImmediate(() => {
      road.pumping = false;
      for (let started = 0; started < sliceSize; started++) {
        const lane = this.#nextLane(road);
        if (lane === undefined) break;
        this.#start(name, road, lane);
      }
      this.#tidy(name, road);
      if (this.#roads.has(name) && this.#hasStartable(road)) this.#pumpLater(name, road);
    });
  }

  /** The first lane that may start, which then stands last. */
  #nextLane(road: Road): Lane | undefined {
    for (const [organizationId, lane] of road.lanes) {
      if (!this.#mayStart(road, lane)) continue;
      road.lanes.delete(organizationId);
      road.lanes.set(organizationId, lane);
      return lane;
    }
    return undefined;
  }

  #hasStartable(road: Road): boolean {
    for (const lane of road.lanes.values()) if (this.#mayStart(road, lane)) return true;
    return false;
  }

  #mayStart(road: Road, lane: Lane): boolean {
    return lane.waiting.length > 0 && lane.underWay < road.capacity() - road.underWay;
  }

  #start(name: string, road: Road, lane: Lane): void {
    const job = lane.waiting.shift();
    if (job === undefined) return;
    this.#waiting -= 1;
    lane.underWay += 1;
    road.underWay += 1;
    void job.run().finally(() => {
      lane.underWay -= 1;
      road.underWay -= 1;
      this.#pumpLater(name, road);
    });
  }

  #tidy(name: string, road: Road): void {
    for (const [organizationId, lane] of road.lanes) {
      if (lane.waiting.length === 0 && lane.underWay === 0) road.lanes.delete(organizationId);
    }
    if (road.lanes.size === 0) this.#roads.delete(name);
  }
}

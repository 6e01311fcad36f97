// What a gate must not forget when its power goes: the list, and what it decided since it last spoke with the platform. A device brings
// a store of its own (a file, IndexedDB, SQLite); the one here forgets, and is for tests and for gates that never restart without network.
import type { ManifestPage } from './manifest.ts';
import type { KeptScan } from './words.ts';

export type GateStore = {
  /** All that was kept: asked once, when the gate is opened. */
  load(): Promise<{ readonly pages: readonly ManifestPage[]; readonly scans: readonly KeptScan[] }>;
  /** @param how `anew`: these replace all pages kept so far; `further`: they come after them */
  keepPages(pages: readonly ManifestPage[], how: 'anew' | 'further'): Promise<void>;
  /** Resolves when the scan would survive a loss of power: the gate opens only then. A second time under one id replaces the first. */
  keepScan(scan: KeptScan): Promise<void>;
  forgetScans(scanIds: readonly string[]): Promise<void>;
};

export function createMemoryStore(): GateStore {
  let kept: readonly ManifestPage[] = [];
  const scans = new Map<string, KeptScan>();
  return {
    load: () => Promise.resolve({ pages: kept, scans: [...scans.values()] }),
    keepPages(pages, how) {
      kept = how === 'anew' ? pages : [...kept, ...pages];
      return Promise.resolve();
    },
    keepScan(scan) {
      scans.set(scan.scanId, scan);
      return Promise.resolve();
    },
    forgetScans(scanIds) {
      for (const scanId of scanIds) scans.delete(scanId);
      return Promise.resolve();
    },
  };
}

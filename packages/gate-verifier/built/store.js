// Made from src/store.ts by scripts/generate.ts.
export function createMemoryStore() {
    let kept = [];
    const scans = new Map();
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
            for (const scanId of scanIds)
                scans.delete(scanId);
            return Promise.resolve();
        },
    };
}

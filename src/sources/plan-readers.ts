import { resolve } from 'node:path';
import type { CriticalSection } from '../core/base/lease.js';
import type { MinutesOf } from '../core/features/feature-estimate.js';
import type { Plan, SourcePlan } from '../core/plan/plan.js';
import { sourceFacts, type SourceKey } from '../core/plan/sources.js';
import type { PlanDetails } from '../core/preflight/plan-details.js';
import type { FeatureDetails } from '../core/preflight/preflight-features.js';
import type { RunListener } from '../core/run/run-listener.js';
import type { RunState } from '../core/run/run-state.js';
import { resolveSettings, type Settings, type SettingsFile, type SettingsFlags } from '../core/settings/settings.js';
import { beadsDetails } from './beads/beads-details.js';
import { loadBeads, type BeadsReading } from './beads/beads-plan.js';
import { featureDetails } from './features/feature-details.js';
import { loadFeatures } from './features/features.js';
import { executionListener } from './manifest/execution-listener.js';
import { manifestDetails } from './manifest/manifest-details.js';
import { loadManifest } from './manifest/manifest.js';

/*
 * What reads plans and receives the state of their runs, one case per source; `core/plan/sources.ts` has the pure part.
 */

export interface ReadPlan {
  readonly source: SourcePlan;
  readonly settings: Settings;
  readonly details: PlanDetails;
}

/** What reading a plan requires; data from other folders of this layer is passed in as functions. */
export interface PlanReading {
  /** Absolute and real. */
  readonly root: string;
  readonly file: SettingsFile;
  readonly flags: SettingsFlags;
  /** How long earlier runs of features took. */
  readonly minutes: () => Promise<MinutesOf>;
  /** Similar names for an unknown one. `featuresDir` is absolute. */
  readonly nowhere: (slugs: readonly string[], featuresDir: string) => Promise<FeatureDetails['nowhere']>;
  /** The fault for an unknown folder, with similar names. */
  readonly withNearest: (error: unknown, featuresDir: string) => Promise<unknown>;
  readonly beads: BeadsReading;
}

/** The plan for a key (with absolute paths). Throws O8Error `invalid_plan` with every fault of its files. */
export async function readSourcePlan(key: SourceKey, reading: PlanReading): Promise<ReadPlan> {
  const { root, file, flags } = reading;
  const settingsOf = (kind: SourceKey['kind'], own: SourcePlan['settings']): Settings =>
    resolveSettings(sourceFacts(kind).defaults, file, own, flags);
  const featuresDir = resolve(root, settingsOf('features', {}).featuresDir);
  switch (key.kind) {
    case 'manifest': {
      const source = await loadManifest(root, key.dir).catch(async (error: unknown) => {
        throw await reading.withNearest(error, featuresDir);
      });
      return { source, settings: settingsOf(key.kind, source.settings), details: manifestDetails };
    }
    case 'features': {
      const settings = settingsOf(key.kind, {});
      const { plan, features, skill } = await loadFeatures(root, key.slugs, settings);
      const nowhere = await reading.nowhere(key.slugs, featuresDir);
      const details = featureDetails({ features, skill, nowhere, minutesOf: await reading.minutes() });
      return { source: plan, settings, details };
    }
    case 'beads': {
      const settings = settingsOf(key.kind, {});
      const { plan, version } = await loadBeads(root, key.epic, settings, reading.beads);
      return { source: plan, settings, details: beadsDetails(version) };
    }
  }
}

/** Functions that receive the run's current state, for the source of a plan. */
export function sourceListeners(
  plan: Plan,
  host: { readonly state: RunState; readonly guard: CriticalSection },
): RunListener[] {
  switch (plan.source.kind) {
    case 'manifest':
      return [executionListener(plan, plan.source.manifest, host)];
    case 'features':
    case 'beads':
      return [];
  }
}

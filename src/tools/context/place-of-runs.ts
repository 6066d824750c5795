import type { Place } from '../../core/run/place.js';
import { thisMachine } from '../../process/attempts/this-machine.js';

/** Where attempts run. Used to inspect runs that have no supervisor. */
export const placeOfRuns: Place = thisMachine();

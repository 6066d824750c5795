import type { Place } from '../../core/run/place.js';
import { thisMachine } from '../../process/attempts/this-machine.js';

/** Where the attempts of a repository's runs are, for who looks at a run that nobody owns. */
export const placeOfRuns: Place = thisMachine();

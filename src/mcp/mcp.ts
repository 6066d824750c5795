import { serve } from './server.js';

await serve(process.cwd(), process.env);

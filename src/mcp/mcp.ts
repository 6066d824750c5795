import { serve } from './serve.js';

serve(process.cwd(), process.env);

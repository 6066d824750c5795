/** Linux refuses to start a program with one argument of 128 KiB (MAX_ARG_STRLEN, including the terminating zero). */
export const ARGUMENT_LIMIT_BYTES = 128 * 1024 - 1;

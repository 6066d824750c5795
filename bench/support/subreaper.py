"""Runs a command, adopts what it detaches, waits for all of it, and prints the time until the command itself ended and
the processor time of all its processes. Used where no control group can be made (Linux)."""

import ctypes
import os
import resource
import sys
import time

PR_SET_CHILD_SUBREAPER = 36

if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    sys.exit("prctl(PR_SET_CHILD_SUBREAPER) failed")
begin = time.monotonic()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
code, wall = 1, 0.0
while True:
    try:
        pid, status = os.wait()
    except ChildProcessError:
        break
    if pid == child:
        code, wall = os.waitstatus_to_exitcode(status), time.monotonic() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"subreaper: {wall * 1e3:.3f} ms, cpu {(used.ru_utime + used.ru_stime) * 1e3:.3f} ms", file=sys.stderr)
sys.exit(code if code >= 0 else 128 - code)

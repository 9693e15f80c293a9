"""CPU time of another process in nanoseconds, so that what the client and the neighbours spend is not counted."""

import time

import psutil


def nanoseconds(pid: int) -> int:
    """What all threads of the process have spent so far, in user and system mode.

    Linux has a clock for each process, exact to the nanosecond; elsewhere it is the kernel's accounting, in ticks.
    Source: clock_getcpuclockid(3); the id is made as glibc makes it.
    """
    if psutil.LINUX:
        return time.clock_gettime_ns((~pid << 3) | 2)
    times = psutil.Process(pid).cpu_times()
    return int((times.user + times.system) * 1e9)

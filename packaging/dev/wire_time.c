/* tcdrain(3) as on a real line: it returns when the last bit has been sent.
 *
 * On a pseudo terminal it returns at once, and a tcflush(3) that follows takes back what the other
 * side has not read yet.  Preloaded into a driver that flushes before it writes and trusts tcdrain,
 * as Gemplus' does, this gives the simulated reader the time that a wire would.
 *
 *     gcc -shared -fPIC -o wire_time.so wire_time.c
 */
#include <time.h>

int tcdrain(int descriptor)
{
    const struct timespec wire = {0, 60 * 1000 * 1000};

    (void)descriptor;
    nanosleep(&wire, NULL);
    return 0;
}

/* Gives any program a parallel port that a simulated device is connected to.

   cc -shared -fPIC -O2 -o parport.so parport.c -ldl
   YIKA_PARPORT=SOCKET LD_PRELOAD=./parport.so PROGRAM

   PROGRAM finds /dev/parport0 (the ioctls of Linux's ppdev that reach registers), or in its place,
   with YIKA_PARPORT_NODE=/dev/port, the ports of a PC (378, 379, 37A).  Every access to a register is two bytes to SOCKET and one back, as
   yika_common.simulated.parallel_link says.  Where nobody listens there, the port stays and its
   lines are those of a port that nothing is connected to; when somebody listens again, the host's
   lines are told first.  Direct port access is refused, so that no program reaches a real port. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ppdev.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

enum { DATA, STATUS, CONTROL, WRITE = 0x80, REVERSE = 0x20, UNCONNECTED = 0x78, FLOATING = 0xFF };
enum { FILES = 1024, BASE = 0x378 };
enum kind { OTHER, PPDEV, DEVPORT };

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static char kinds[FILES];
static off_t places[FILES];
static int peer = -1, claim = -1;
static unsigned char data, control = 0x0C;

static enum kind kind_of(int fd) { return fd >= 0 && fd < FILES ? kinds[fd] : OTHER; }

static int ask(unsigned char what, unsigned char value)
{
    unsigned char request[2] = {what, value}, answer;
    if (peer >= 0 && send(peer, request, 2, MSG_NOSIGNAL) == 2 && recv(peer, &answer, 1, 0) == 1)
        return answer;
    if (peer >= 0)
        REAL(close)(peer);
    peer = -1;
    return -1;
}

static int reg(unsigned char what, unsigned char value)
{
    if (what == (DATA | WRITE))
        data = value;
    if (what == (CONTROL | WRITE))
        control = value;
    int answer = ask(what, value);
    if (answer < 0) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        const char *path = getenv("YIKA_PARPORT");
        snprintf(address.sun_path, sizeof address.sun_path, "%s", path ? path : "");
        int fresh = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fresh, (struct sockaddr *)&address, sizeof address) < 0) {
            REAL(close)(fresh);
        } else {
            peer = fresh;
            ask(DATA | WRITE, data);
            ask(CONTROL | WRITE, control);
            answer = ask(what, value);
        }
    }
    if (answer >= 0)
        return answer;
    if (what == STATUS)
        return UNCONNECTED;
    if (what == CONTROL)
        return control;
    return control & REVERSE ? FLOATING : data;
}

static int opened(const char *path)
{
    const char *node = getenv("YIKA_PARPORT_NODE");
    if (!getenv("YIKA_PARPORT") || strcmp(path, node ? node : "/dev/parport0"))
        return -1;
    int fd = REAL(open64)("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd >= 0 && fd < FILES)
        kinds[fd] = strcmp(path, "/dev/port") ? PPDEV : DEVPORT;
    return fd;
}

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                    \
        va_end(rest);                                                                              \
        int fd = opened(path);                                                                     \
        return fd >= 0 ? fd : REAL(name)(path, flags, mode);                                       \
    }
OPEN(open)
OPEN(open64)

int close(int fd)
{
    if (kind_of(fd) == PPDEV && claim >= 0) {
        REAL(close)(claim);
        claim = -1;
    }
    if (kind_of(fd))
        kinds[fd] = OTHER;
    return REAL(close)(fd);
}

/* As ppdev: who finds the port taken by another is told that there is no such device. */
static int claimed(void)
{
    char path[256];
    snprintf(path, sizeof path, "%s.claim", getenv("YIKA_PARPORT"));
    claim = REAL(open64)(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (claim >= 0 && flock(claim, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (claim >= 0)
        REAL(close)(claim);
    claim = -1;
    errno = ENXIO;
    return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list rest;
    va_start(rest, request);
    unsigned char *argument = va_arg(rest, void *);
    va_end(rest);
    if (kind_of(fd) != PPDEV)
        return REAL(ioctl)(fd, request, argument);
    switch ((unsigned int)request) {
    case PPEXCL:
        return 0;
    case PPCLAIM:
        return claimed();
    case PPRELEASE:
        REAL(close)(claim);
        claim = -1;
        return 0;
    case PPWDATA:
        reg(DATA | WRITE, *argument);
        return 0;
    case PPRDATA:
        *argument = reg(DATA, 0);
        return 0;
    case PPRSTATUS:
        *argument = reg(STATUS, 0);
        return 0;
    case PPRCONTROL:
        *argument = control & 0x0F;
        return 0;
    case PPFCONTROL:
        reg(CONTROL | WRITE, (control & ~argument[0]) ^ argument[1]);
        return 0;
    case PPDATADIR:
        reg(CONTROL | WRITE, *(int *)argument ? control | REVERSE : control & ~REVERSE);
        return 0;
    }
    errno = ENOTTY;
    return -1;
}

#define SEEK(name, type)                                                                           \
    type name(int fd, type offset, int whence)                                                     \
    {                                                                                              \
        return kind_of(fd) == DEVPORT ? places[fd] = offset : REAL(name)(fd, offset, whence);      \
    }
SEEK(lseek, off_t)
SEEK(lseek64, off64_t)

ssize_t read(int fd, void *buffer, size_t size)
{
    if (kind_of(fd) != DEVPORT)
        return REAL(read)(fd, buffer, size);
    *(unsigned char *)buffer = places[fd] - BASE <= CONTROL ? reg(places[fd] - BASE, 0) : FLOATING;
    return 1;
}

ssize_t write(int fd, const void *buffer, size_t size)
{
    if (kind_of(fd) != DEVPORT)
        return REAL(write)(fd, buffer, size);
    if (places[fd] == BASE || places[fd] == BASE + CONTROL)
        reg((places[fd] - BASE) | WRITE, *(const unsigned char *)buffer);
    return 1;
}

int ioperm(unsigned long from, unsigned long count, int on)
{
    (void)from, (void)count, (void)on;
    errno = EPERM;
    return -1;
}

int iopl(int level)
{
    (void)level;
    errno = EPERM;
    return -1;
}

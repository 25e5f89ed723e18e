# SPDX-License-Identifier: MIT
"""What each system call may fail with, as the ERRORS of its manual page (section 2) have it.

To each are added the answers of a sandbox, which refuses calls that it does not know: SANDBOX.
"""

SANDBOX = ("EPERM", "ENOSYS", "EACCES")

_PATH = "EACCES ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR "
_OPEN = _PATH + ("EBADF EBUSY EDQUOT EEXIST EFAULT EFBIG EINTR EINVAL EISDIR EMFILE ENFILE ENODEV ENOSPC "
                 "ENXIO EOPNOTSUPP EOVERFLOW EPERM EROFS ETXTBSY EAGAIN")
_SEND = ("EACCES EAGAIN EALREADY EBADF ECONNRESET EDESTADDRREQ EFAULT EINTR EINVAL EISCONN EMSGSIZE "
         "ENOBUFS ENOMEM ENOTCONN ENOTSOCK EOPNOTSUPP EPIPE")
_RECEIVE = "EAGAIN EBADF ECONNREFUSED EFAULT EINTR EINVAL ENOMEM ENOTCONN ENOTSOCK"
_WRITE = "EAGAIN EBADF EDESTADDRREQ EDQUOT EFAULT EFBIG EINTR EINVAL EIO ENOSPC EPERM EPIPE"
_OPTION = "EBADF EFAULT EINVAL ENOPROTOOPT ENOTSOCK"
_READ = "EAGAIN EBADF EFAULT EINTR EINVAL EIO EISDIR"

ERRNOS = {name: tuple(errnos.split()) for name, errnos in {
    "access": _PATH + "EBADF EFAULT EINVAL EIO EPERM EROFS ETXTBSY",
    "chmod": _PATH + "EBADF EFAULT EINVAL EIO ENOTSUP EPERM EROFS",
    "close": "EBADF EINTR EIO ENOSPC EDQUOT",
    "connect": "EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECONNREFUSED EFAULT "
               "EINPROGRESS EINTR EISCONN ENETUNREACH ENOTSOCK EPERM EPROTOTYPE ETIMEDOUT",
    "epoll_create1": "EINVAL EMFILE ENFILE ENOMEM",
    "epoll_ctl": "EBADF EEXIST EINVAL ELOOP ENOENT ENOMEM ENOSPC EPERM",
    "epoll_pwait": "EBADF EFAULT EINTR EINVAL",
    "fchmod": "EBADF EIO EPERM EROFS",
    "fcntl": "EACCES EAGAIN EBADF EBUSY EDEADLK EFAULT EINTR EINVAL EMFILE ENOLCK ENOTDIR EPERM",
    "fstat": "EBADF EFAULT ENOMEM EOVERFLOW",
    "ftruncate": "EBADF EFBIG EINTR EINVAL EIO EPERM EROFS ETXTBSY",
    "getdents64": "EBADF EFAULT EINVAL ENOENT ENOTDIR",
    "getpeername": "EBADF EFAULT EINVAL ENOBUFS ENOTCONN ENOTSOCK",
    "getrandom": "EAGAIN EFAULT EINTR EINVAL ENOSYS",
    "getresuid": "EFAULT",
    "getsockname": "EBADF EFAULT EINVAL ENOBUFS ENOTSOCK",
    "getsockopt": _OPTION,
    "ioctl": "EBADF EFAULT EINVAL ENOTTY",
    "lstat": _PATH + "EBADF EFAULT EOVERFLOW",
    "memfd_create": "EFAULT EINVAL EMFILE ENFILE ENOMEM EPERM",
    "mkdir": _PATH + "EDQUOT EEXIST EFAULT EINVAL EMLINK ENOSPC EPERM EROFS",
    "mmap": "EACCES EAGAIN EBADF EEXIST EINVAL ENFILE ENODEV ENOMEM EOVERFLOW EPERM ETXTBSY",
    "mprotect": "EACCES EINVAL ENOMEM",
    "munmap": "EINVAL ENOMEM",
    "newfstatat": _PATH + "EBADF EFAULT EINVAL EOVERFLOW",
    "openat": _OPEN,
    "openat2": _OPEN + " E2BIG EXDEV",
    "poll": "EFAULT EINTR EINVAL ENOMEM",
    "ppoll": "EFAULT EINTR EINVAL ENOMEM",
    "pread64": _READ + " ENXIO EOVERFLOW ESPIPE",
    "prlimit64": "EFAULT EINVAL EPERM ESRCH",
    "pselect6": "EBADF EINTR EINVAL ENOMEM",
    "pwrite64": _WRITE + " ENXIO EOVERFLOW ESPIPE",
    "pwritev2": _WRITE + " EOPNOTSUPP ESPIPE EOVERFLOW",
    "read": _READ,
    "readlink": _PATH + "EBADF EFAULT EINVAL EIO",
    "readlinkat": _PATH + "EBADF EFAULT EINVAL EIO",
    "recvfrom": _RECEIVE,
    "renameat2": _PATH + "EBADF EBUSY EDQUOT EEXIST EFAULT EINVAL EISDIR EMLINK ENOSPC ENOTEMPTY EPERM "
                 "EROFS EXDEV",
    "rt_sigpending": "EFAULT",
    "rt_sigprocmask": "EFAULT EINVAL",
    "rt_sigtimedwait": "EAGAIN EINTR EINVAL",
    "sendmsg": _SEND,
    "sendto": _SEND,
    "setsockopt": _OPTION + " EDOM EISCONN ENOMEM ENOBUFS",
    "shmat": "EACCES EIDRM EINVAL ENOMEM",
    "shmctl": "EACCES EFAULT EIDRM EINVAL ENOMEM EOVERFLOW EPERM",
    "shmdt": "EINVAL",
    "shmget": "EACCES EEXIST EINVAL ENFILE ENOENT ENOMEM ENOSPC EPERM",
    "shutdown": "EBADF EINVAL ENOTCONN ENOTSOCK",
    "socket": "EACCES EAFNOSUPPORT EINVAL EMFILE ENFILE ENOBUFS ENOMEM EPROTONOSUPPORT",
    "unlinkat": _PATH + "EBADF EBUSY EFAULT EINVAL EIO EISDIR EPERM EROFS",
    "write": _WRITE,
    "writev": _WRITE,
}.items()}

# These have no ERRORS: they cannot fail, or say so in another way.
NEVER_FAIL = ("brk", "clock_gettime", "exit_group", "futex", "geteuid", "getpid", "gettid", "rseq",
              "set_robust_list", "set_tid_address", "arch_prctl")

# No call says so for ever: it is to be made again.
PASSING = ("EINTR", "EAGAIN")


def errnos_of(name):
    """All that a call may fail with."""
    if name in NEVER_FAIL:
        return ()
    own = ERRNOS[name]
    return own + tuple(errno for errno in SANDBOX if errno not in own)

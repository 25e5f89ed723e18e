# SPDX-License-Identifier: MIT
# Toolchain file: for 32-bit programs, on an amd64 machine that runs them too. ./dev knows what has to be
# installed.
set(CMAKE_C_COMPILER gcc)
# The kernel's headers are the same for both, and stand where the native ones do. And we know that the
# alignment of 64-bit atomics was another before GCC 11.
set(CMAKE_C_FLAGS_INIT "-m32 -idirafter /usr/include/x86_64-linux-gnu -Wno-psabi")
set(PKG_CONFIG_EXECUTABLE i686-linux-gnu-pkg-config)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE i386)
set(CPACK_RPM_PACKAGE_ARCHITECTURE i686)

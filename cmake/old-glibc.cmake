# SPDX-License-Identifier: MIT
# Toolchain file: for glibc 2.31, the oldest one, where ./dev test has put it.
set(CMAKE_C_COMPILER gcc)
set(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/../build/old-glibc)
execute_process(COMMAND gcc -print-multiarch OUTPUT_VARIABLE multiarch OUTPUT_STRIP_TRAILING_WHITESPACE)
set(libraries ${CMAKE_SYSROOT}/usr/lib/${multiarch})
# Debian's gcc looks for libraries beside its own before it looks there.
set(CMAKE_C_FLAGS_INIT "-B${libraries}/ -L${libraries}")
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${libraries}/pkgconfig)

# SPDX-License-Identifier: MIT
# Toolchain file: for programs of musl, on a machine whose own C library is glibc. ./dev knows what has to be
# installed.
set(CMAKE_C_COMPILER musl-gcc)
# musl-gcc looks for headers in musl's directory alone. The kernel's are the same for both, but stand among glibc's.
execute_process(COMMAND gcc -print-multiarch OUTPUT_VARIABLE multiarch OUTPUT_STRIP_TRAILING_WHITESPACE)
string(REPLACE -gnu -musl directory "${multiarch}")
set(CMAKE_INSTALL_LIBDIR lib/${directory} CACHE PATH "Where musl's dynamic linker looks for libraries")
set(kernel_headers ${CMAKE_BINARY_DIR}/kernel-headers)
file(MAKE_DIRECTORY ${kernel_headers})
foreach(headers linux asm-generic ${multiarch}/asm)
  get_filename_component(name ${headers} NAME)
  file(CREATE_LINK /usr/include/${headers} ${kernel_headers}/${name} SYMBOLIC)
endforeach()
set(CMAKE_C_FLAGS_INIT "-isystem ${kernel_headers}")

# SPDX-License-Identifier: MIT
# Read by cpack for each generator, before it makes anything.
cmake_policy(VERSION 3.25)

# A tool that is missing stops it: without this one CPack would make a package that depends on nothing.
if(CPACK_GENERATOR STREQUAL "DEB")
  find_program(DPKG_SHLIBDEPS dpkg-shlibdeps)
  if(NOT DPKG_SHLIBDEPS)
    message(FATAL_ERROR "dpkg-shlibdeps is missing, which finds what a .deb depends on: install dpkg-dev")
  endif()
endif()

# Sources are unpacked, and not installed.
if(CPACK_TOPLEVEL_TAG MATCHES "-Source$")
  set(CPACK_PACKAGING_INSTALL_PREFIX "/")
endif()

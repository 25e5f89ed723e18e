# SPDX-License-Identifier: MIT
# What is installed beside the programs, and packages: after a build with the preset `release`,
# which installs under /usr, `cpack -G DEB` or `cpack -G RPM` in its directory.
#
# There are two: libtfoshim has the library, in the directory of its architecture and so that one for
# 64-bit programs and one for 32-bit programs (preset `i386`) can be installed beside each other, and
# tfoshim has the command with all that goes with it.

configure_file(${PROJECT_SOURCE_DIR}/cmake/tfoshim.pc.in tfoshim.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/tfoshim.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)

# Either package needs these.
set(documents library ${CMAKE_INSTALL_DATADIR}/doc/libtfoshim)
if(TFOSHIM_COMMAND)
  list(APPEND documents command ${CMAKE_INSTALL_DOCDIR})
  # Each where README.md's links find it.
  install(FILES README.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR}
    PATTERN CMakeLists.txt EXCLUDE
    PATTERN demo EXCLUDE)
  # systemd keeps to this directory whatever the library's is.
  configure_file(conf/tfoshim-key-rotate.service.in tfoshim-key-rotate.service @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/tfoshim-key-rotate.service conf/tfoshim-key-rotate.timer
    DESTINATION lib/systemd/system)
  install(DIRECTORY conf/apparmor conf/selinux DESTINATION ${CMAKE_INSTALL_DOCDIR}/conf)
  # An example, not the system's configuration: as it stands it would switch off what the built-in
  # policy allows.
  install(FILES conf/tfoshim.conf DESTINATION ${CMAKE_INSTALL_DOCDIR}/conf)
endif()
find_program(GZIP gzip REQUIRED)
add_custom_command(OUTPUT changelog.gz
  COMMAND ${GZIP} -9nc ${PROJECT_SOURCE_DIR}/CHANGELOG.md > changelog.gz
  DEPENDS CHANGELOG.md
  VERBATIM)
add_custom_target(changelog ALL DEPENDS changelog.gz)
while(documents)
  list(POP_FRONT documents component directory)
  install(FILES LICENSE DESTINATION ${directory} RENAME copyright COMPONENT ${component})
  install(FILES ${PROJECT_BINARY_DIR}/changelog.gz DESTINATION ${directory} COMPONENT ${component})
endwhile()

# A package of the library alone would be a bad one: a configuration would switch it off.
if(NOT TFOSHIM_MODULE)
  return()
endif()

set(CPACK_PACKAGE_NAME tfoshim)
set(CPACK_PACKAGE_VENDOR "the tfoshim authors")
set(CPACK_PACKAGE_CONTACT "the tfoshim authors <tfoshim@localhost>" CACHE STRING
  "Whom packages name as their maintainer")
set(CPACK_COMPONENTS_ALL library)
if(TFOSHIM_COMMAND)
  list(APPEND CPACK_COMPONENTS_ALL command)
endif()
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(library_description
"A preloaded library that gives programs TCP Fast Open (RFC 7413) without a
change to them: connections save a round trip, listeners take data in SYNs.")
set(command_description
"${library_description}
The command tfoshim runs programs and services with it, checks its
configuration, examines machines and paths, and explains what it does.")

# CPack wants them under the names that they have in a package.
configure_file(packaging/before-removal ${PROJECT_BINARY_DIR}/prerm COPYONLY)
configure_file(packaging/after-removal ${PROJECT_BINARY_DIR}/postrm COPYONLY)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/cpack.cmake)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libtfoshim)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "${library_description}")
# CPack has no variable for the field Multi-Arch (before 3.31), but it copies this one as it stands.
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION "libs\nMulti-Arch: same")
set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME tfoshim)
set(CPACK_DEBIAN_COMMAND_DESCRIPTION "${command_description}")
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION "net\nMulti-Arch: foreign")
set(CPACK_DEBIAN_COMMAND_PACKAGE_CONTROL_EXTRA
  ${PROJECT_BINARY_DIR}/prerm ${PROJECT_BINARY_DIR}/postrm)
set(CPACK_DEBIAN_COMMAND_PACKAGE_DEPENDS "libtfoshim (= ${PROJECT_VERSION})")

set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE MIT)
set(CPACK_RPM_PACKAGE_GROUP Applications/Internet)
set(CPACK_RPM_LIBRARY_PACKAGE_NAME libtfoshim)
set(CPACK_RPM_LIBRARY_PACKAGE_DESCRIPTION "${library_description}")
set(CPACK_RPM_COMMAND_PACKAGE_NAME tfoshim)
set(CPACK_RPM_COMMAND_PACKAGE_DESCRIPTION "${command_description}")
set(CPACK_RPM_COMMAND_PRE_UNINSTALL_SCRIPT_FILE ${PROJECT_BINARY_DIR}/prerm)
set(CPACK_RPM_COMMAND_POST_UNINSTALL_SCRIPT_FILE ${PROJECT_BINARY_DIR}/postrm)
set(CPACK_RPM_COMMAND_PACKAGE_REQUIRES "libtfoshim = ${PROJECT_VERSION}")
set(CPACK_RPM_SPEC_MORE_DEFINE "%define _build_id_links none")
# These directories are other packages'.
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION
  ${CMAKE_INSTALL_FULL_LIBDIR}
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
  ${CMAKE_INSTALL_FULL_MANDIR} ${CMAKE_INSTALL_FULL_MANDIR}/man1
  ${CMAKE_INSTALL_FULL_MANDIR}/man5 ${CMAKE_INSTALL_FULL_MANDIR}/man7
  ${CMAKE_INSTALL_FULL_DATADIR}/bash-completion
  ${CMAKE_INSTALL_FULL_DATADIR}/bash-completion/completions
  ${CMAKE_INSTALL_FULL_DATADIR}/zsh ${CMAKE_INSTALL_FULL_DATADIR}/zsh/site-functions
  ${CMAKE_INSTALL_FULL_DATADIR}/fish ${CMAKE_INSTALL_FULL_DATADIR}/fish/vendor_completions.d
  ${CMAKE_INSTALL_FULL_DATADIR}/doc
  ${CMAKE_INSTALL_PREFIX}/lib ${CMAKE_INSTALL_PREFIX}/lib/systemd ${CMAKE_INSTALL_PREFIX}/lib/systemd/system)

# `make package_source` packs the files that `./dev dist` takes from git. The tree's name may have letters
# that mean something in a regular expression.
string(REGEX REPLACE [[([][+.*()^$?|\])]] [[\\\1]] tree "${PROJECT_SOURCE_DIR}")
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_PACKAGE_FILE_NAME tfoshim-${PROJECT_VERSION})
# What .gitignore names, and git's own.
set(CPACK_SOURCE_IGNORE_FILES
  "^${tree}/build[^/]*/" "^${tree}/[.]cache/" "^${tree}/[.]git(/|$)" "/compile_commands[.]json$" "[.]pcap$")

include(CPack)

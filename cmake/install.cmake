# What `cmake --install` puts where. Both the .pc file and the CMake package find the rest by where
# they lie themselves, so that a staged install (DESTDIR) can be built against.

install(TARGETS pdiag EXPORT pdiagTargets
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
	INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

file(GLOB headers CONFIGURE_DEPENDS include/pdiag/*.h)
install(FILES ${headers} ${PROJECT_BINARY_DIR}/include/pdiag/version.h
	DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pdiag)

# pkg-config
set(PC_DIR ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH to_prefix ${PC_DIR} ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" PC_PREFIX "\${pcfiledir}/${to_prefix}")
file(RELATIVE_PATH to_include ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
set(PC_INCLUDEDIR "\${prefix}/${to_include}")
file(RELATIVE_PATH to_lib ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
set(PC_LIBDIR "\${prefix}/${to_lib}")
configure_file(pkgconfig/libpdiag.pc.in libpdiag.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/libpdiag.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# find_package(pdiag) gives pdiag::pdiag
set(PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/pdiag)
add_library(pdiag::pdiag ALIAS pdiag)
install(EXPORT pdiagTargets NAMESPACE pdiag:: DESTINATION ${PACKAGE_DIR})
configure_package_config_file(cmake/pdiagConfig.cmake.in pdiagConfig.cmake
	INSTALL_DESTINATION ${PACKAGE_DIR})
# Below 1.0 a minor release may change the API.
write_basic_package_version_file(pdiagConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/pdiagConfig.cmake
	${PROJECT_BINARY_DIR}/pdiagConfigVersion.cmake DESTINATION ${PACKAGE_DIR})

foreach(section 1 3 7)
	file(GLOB pages CONFIGURE_DEPENDS man/*.${section})
	if(pages)
		install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
	endif()
endforeach()

if(PDIAG_EXAMPLES)
	install(TARGETS pdiag-record pdiag-report pdiag-diff pdiag-probe pdiag-tasks pdiag-trend
		pdiag-watch pdiag-portrait
		RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# Turn a text file into a C object: lib/output/flamegraph.js becomes the array
# `const char pdiag_flamegraph_js[]` and `const unsigned int pdiag_flamegraph_js_len`, and
# `const unsigned char pdiag_flamegraph_js_sha256[32]` is the hash of it with a newline before.
function(pdiag_embed file out)
	get_filename_component(name ${file} NAME)
	string(MAKE_C_IDENTIFIER "pdiag_${name}" symbol)
	set(target ${CMAKE_CURRENT_BINARY_DIR}/embed/${name}.c)
	add_custom_command(OUTPUT ${target}
		COMMAND ${CMAKE_COMMAND} -DIN=${file} -DOUT=${target} -DSYMBOL=${symbol}
			-P ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
		DEPENDS ${file} ${PROJECT_SOURCE_DIR}/cmake/embed_file.cmake
		VERBATIM)
	set(${out} ${target} PARENT_SCOPE)
endfunction()

# cmake -DIN=file -DOUT=file.c -DSYMBOL=name -P embed_file.cmake
file(READ ${IN} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR length "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
# The hash that a page's Content-Security-Policy names: of the text between the tags.
file(READ ${IN} text)
string(SHA256 hash "\n${text}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hash "${hash}")
file(WRITE ${OUT} "extern const char ${SYMBOL}[];\nextern const unsigned int ${SYMBOL}_len;\n"
	"extern const unsigned char ${SYMBOL}_sha256[32];\n"
	"const char ${SYMBOL}[] = { ${bytes} 0 };\nconst unsigned int ${SYMBOL}_len = ${length};\n"
	"const unsigned char ${SYMBOL}_sha256[32] = { ${hash} };\n")

# cmake -DIN=file -DOUT=file.c -DSYMBOL=name -P embed_file.cmake
file(READ ${IN} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR length "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUT} "extern const char ${SYMBOL}[];\nextern const unsigned int ${SYMBOL}_len;\n"
	"const char ${SYMBOL}[] = { ${bytes} 0 };\nconst unsigned int ${SYMBOL}_len = ${length};\n")

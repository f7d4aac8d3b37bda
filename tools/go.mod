module cognate.dev/cognate/tools

go 1.26.4

// SPDX-License-Identifier: MIT

// page ADDRESS: a web server with one page, which knows nothing of Fast Open and loads no library.
package main

import (
	"io"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "the page\n") })
	panic(http.ListenAndServe(os.Args[1], nil))
}

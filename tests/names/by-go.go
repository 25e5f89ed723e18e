// SPDX-License-Identifier: MIT

// by-go NAME PORT: looks the name up, as the build and GODEBUG=netdns say, connects, writes, and reads to the end.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
)

func main() {
	connection, err := net.Dial("tcp", net.JoinHostPort(os.Args[1], os.Args[2]))
	if err != nil {
		panic(err)
	}
	fmt.Fprint(connection, "hello")
	connection.(*net.TCPConn).CloseWrite()
	io.Copy(os.Stdout, connection)
}

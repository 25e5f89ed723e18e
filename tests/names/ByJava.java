// SPDX-License-Identifier: MIT

import java.net.Socket;

/** ByJava NAME PORT: connects to the name, writes, and reads to the end. */
public final class ByJava {
    private ByJava() {
    }

    public static void main(String[] arguments) throws Exception {
        try (Socket socket = new Socket(arguments[0], Integer.parseInt(arguments[1]))) {
            socket.getOutputStream().write("hello".getBytes());
            socket.shutdownOutput();
            socket.getInputStream().transferTo(System.out);
        }
    }
}

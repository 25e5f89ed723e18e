// SPDX-License-Identifier: MIT

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/** Fetch URL COUNT: so many requests by java.net.http.HttpClient, one after another. */
public final class Fetch {
    private Fetch() {
    }

    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpRequest request = HttpRequest.newBuilder(URI.create(arguments[0])).build();
        for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
            client.send(request, BodyHandlers.ofString());
        }
    }
}

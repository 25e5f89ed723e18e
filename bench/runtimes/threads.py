# SPDX-License-Identifier: MIT
"""threads URL COUNT: so many requests by urllib, in four threads, while a fifth computes."""

import concurrent.futures
import sys
import threading
import urllib.request

THREADS = 4
url, count = sys.argv[1], int(sys.argv[2])
is_over = threading.Event()


def compute():
    while not is_over.is_set():
        sum(range(1000))


def fetch(_):
    with urllib.request.urlopen(url) as answer:
        answer.read()


busy = threading.Thread(target=compute)
busy.start()
with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
    list(pool.map(fetch, range(count)))
is_over.set()
busy.join()

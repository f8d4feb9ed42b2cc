"""Builds an hnswlib index of given vectors and searches it on one thread: python3 hnsw.py FOLDER DIMENSION RECALL ROUNDS.

The beam is the smallest with which the recall is reached. Prints lines of a name, a value and a unit, and for every beam that
was tried what it missed and how long it took: curve, percent, µs.
"""
import sys
import time

import hnswlib
import numpy

folder, dimension, recall_min, rounds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
HITS = 10


def rows(name):
    return numpy.fromfile(f"{folder}/{name}.f32", dtype=numpy.float32).reshape(-1, dimension)


base, queries = rows("base"), rows("query")
truth = [set(map(int, line.split())) for line in open(f"{folder}/truth.txt", encoding="ascii")]

start = time.perf_counter()
index = hnswlib.Index(space="cosine", dim=dimension)
index.init_index(max_elements=len(base), ef_construction=200, M=16)
index.add_items(base)
print(f"build\t{(time.perf_counter() - start) * 1e3:.1f}\tms", flush=True)
index.set_num_threads(1)


def search():
    latencies, found = [], 0
    for query, known in zip(queries, truth):
        began = time.perf_counter()
        labels, _ = index.knn_query(query, k=HITS)
        latencies.append((time.perf_counter() - began) * 1e6)
        found += len(known & set(map(int, labels[0])))
    latencies.sort()
    return latencies, found / (HITS * len(queries))


for beam in (10, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640):
    index.set_ef(beam)
    latencies, recall = search()
    print(f"curve\t{(1 - recall) * 100:.3f}\t{latencies[len(latencies) // 2]:.1f}", flush=True)
    if recall >= recall_min:
        break
for _ in range(rounds):
    latencies, recall = search()
    print(f"p50\t{latencies[len(latencies) // 2]:.1f}\tµs")
    print(f"p99\t{latencies[int(len(latencies) * 0.99)]:.1f}\tµs")
    print(f"recall@10\t{recall * 100:.2f}\t%", flush=True)

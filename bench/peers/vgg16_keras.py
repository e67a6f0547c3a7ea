"""Keras with TensorFlow beside `cordsight bench`: the paper's network at 224x224, inference of one picture and a
training step of 8.

VGG16's body without weights, global average pooling, fully connected 128-64-1, binary cross-entropy and Adam, as
`cordsight bench` times them; once as Keras runs it by default on a CPU and once compiled by XLA. Prints one JSON line for
each, the fastest of several repeats after one that does not count, and the peak memory of the process so far.
Needs TensorFlow: python bench/peers/vgg16_keras.py [threads]
"""

import json
import os
import resource
import sys
import time

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import keras
import numpy as np
import tensorflow as tf


def network():
    body = keras.applications.VGG16(include_top=False, weights=None, input_shape=(224, 224, 3), pooling="avg")
    layer = body.output
    for width in [128, 64]:
        layer = keras.layers.Dense(width, activation="relu")(layer)
    return keras.Model(body.input, keras.layers.Dense(1, activation="sigmoid")(layer))


def fastest(run, repeats):
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(1)
    pictures = np.random.default_rng(1).random((8, 224, 224, 3), dtype=np.float32)
    labels = np.array([[0.0], [1.0]] * 4, dtype=np.float32)
    one, eight = tf.constant(pictures[:1]), tf.constant(pictures)
    for xla in [False, True]:
        model = network()
        model.compile(optimizer=keras.optimizers.Adam(1e-5), loss="binary_crossentropy", jit_compile=xla)
        infer = tf.function(lambda x: model(x, training=False), jit_compile=xla)
        print(json.dumps({
            "program": f"Keras {keras.__version__}, TensorFlow {tf.__version__}, float32" + (", XLA" if xla else ""),
            "threads": threads,
            "infer_b1_ms": 1000 * fastest(lambda: infer(one).numpy(), 20),
            "train_step_b8_s": fastest(lambda: model.train_on_batch(eight, labels), 4),
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }), flush=True)


main()

"""The paper's protocol from the same weights in cordsight and in Keras, on the same splits.

Usage: protocol_keras.py CORDSIGHT WEIGHTS COHORT OUT [--seeds N] [--epochs N]
For each seed, `cordsight train COHORT --weights WEIGHTS` splits the patients and trains; Keras then starts from the same body
(as `cordsight weights import` writes it) with a new head, and trains on the same split for as many epochs of as many steps,
with Keras's own `ImageDataGenerator`, Adam and binary cross-entropy. Both score the test part; a patient's score is the mean
over pictures. Prints one line a run, then the mean AUC of each, and of their difference, with 95 % intervals over seeds
(Student's t). Split and seed are shared; random draws are not, and Keras from 2.9 on shifts pictures up and down where
cordsight, as the option's name says, shifts them to the side.
Needs TensorFlow, scikit-learn, scipy, safetensors and Pillow.
"""

import argparse
import csv
import os
import subprocess
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import keras
import numpy as np
import scipy.stats
import tensorflow as tf
from keras.src.legacy.preprocessing.image import ImageDataGenerator
from PIL import Image
from safetensors.numpy import load_file
from sklearn.metrics import roc_auc_score

SIDE = 224
BATCH = 8
# Blue first, as the Caffe-born weights expect them.
MEAN = np.array([103.939, 116.779, 123.68], "float32")
SETTINGS = ["--grey", "stored", "--preprocessing", "keras-caffe", "--batch-size", str(BATCH)]


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def patient_auc(patients, labels, scores):
    of = {}
    for patient, label, score in zip(patients, labels, scores):
        of.setdefault(patient, (label, []))[1].append(score)
    return roc_auc_score([label for label, _ in of.values()], [np.mean(found) for _, found in of.values()])


def cordsight(options, seed, run):
    if not (run / "predictions.csv").exists():
        command = [options.cordsight, "train", options.cohort, "--out", run, "--weights", options.weights, *SETTINGS]
        command += ["--epochs", options.epochs, "--seed", seed]
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
    found = rows(run / "predictions.csv")
    return patient_auc(
        [row["patient"] for row in found], [int(row["label"]) for row in found], [float(row["score"]) for row in found]
    )


def pictures(cohort, patients):
    """Grey values from 0 to 255, `[picture, row, column, 3]`, with patient and label of each."""
    chosen = [row for row in rows(cohort) if row["patient"] in patients]
    loaded = []
    for row in chosen:
        image = Image.open(Path(cohort).parent / row["image"]).convert("L").resize((SIDE, SIDE), Image.BILINEAR)
        loaded.append(np.repeat(np.asarray(image, "float32")[..., None], 3, axis=2))
    return np.stack(loaded), np.array([int(row["label"]) for row in chosen]), [row["patient"] for row in chosen]


def network(body_file):
    body = keras.applications.VGG16(include_top=False, weights=None, input_shape=(SIDE, SIDE, 3), pooling="avg")
    tensors = load_file(body_file)
    for layer in body.layers:
        if isinstance(layer, keras.layers.Conv2D):
            name = "network/" + layer.name.replace("_", ".")
            layer.set_weights([tensors[f"{name}.weight"].transpose(2, 3, 1, 0), tensors[f"{name}.bias"]])
    layer = body.output
    for width in [128, 64]:
        layer = keras.layers.Dense(width, activation="relu")(layer)
    return keras.Model(body.input, keras.layers.Dense(1, activation="sigmoid")(layer))


def keras_run(options, seed, split):
    keras.utils.set_random_seed(seed)
    part = {row["patient"]: row["split"] for row in rows(split)}
    of = lambda name: {patient for patient, found in part.items() if found == name}
    train, labels, _ = pictures(options.cohort, of("train"))
    model = network(options.out / "body.safetensors")
    model.compile(optimizer=keras.optimizers.Adam(1e-5), loss="binary_crossentropy")
    generator = ImageDataGenerator(
        shear_range=10, zoom_range=0.1, width_shift_range=0.1, preprocessing_function=lambda picture: picture - MEAN
    )
    batches = generator.flow(train, labels, batch_size=BATCH, shuffle=True, seed=seed)
    model.fit(batches, epochs=options.epochs, verbose=0)
    test, labels, patients = pictures(options.cohort, of("test"))
    return patient_auc(patients, labels, model.predict(test - MEAN, verbose=0).ravel())


def interval(values):
    mean = np.mean(values)
    half = scipy.stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{mean:.3f} ({mean - half:.3f} to {mean + half:.3f})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cordsight")
    parser.add_argument("weights")
    parser.add_argument("cohort")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=30)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    body = options.out / "body.safetensors"
    if not body.exists():
        command = [options.cordsight, "weights", "import", options.weights, "--out", body, "--preprocessing", "keras-caffe"]
        subprocess.run([str(word) for word in command], check=True)
    options.weights = body
    print(f"Keras {keras.__version__}, TensorFlow {tf.__version__}; {options.epochs} epochs", flush=True)
    ours, theirs = [], []
    for seed in range(1, options.seeds + 1):
        run = options.out / f"seed{seed}"
        ours.append(cordsight(options, seed, run))
        print(f"seed {seed} cordsight {ours[-1]:.3f}", flush=True)
        theirs.append(keras_run(options, seed, run / "split.csv"))
        print(f"seed {seed} Keras     {theirs[-1]:.3f}", flush=True)
    print("cordsight ", interval(ours))
    print("Keras     ", interval(theirs))
    print("difference", interval(np.array(ours) - np.array(theirs)))


main()

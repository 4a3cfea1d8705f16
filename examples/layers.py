"""Layers and a loss as classes, some of whose backward passes are wrong.

Run: handgrad check examples/layers.py
"""

import numpy as np


class Layer:
    def forward(self, x):
        raise NotImplementedError

    def backward(self, g):
        raise NotImplementedError


class Sigmoid(Layer):
    def forward(self, x):
        self.a = 1 / (1 + np.exp(-x))
        return self.a

    def backward(self, g):
        return g * self.a * (1 - self.a)


class Tanh(Layer):
    def forward(self, x):
        self.a = np.tanh(x)
        return self.a

    def backward(self, g):
        return g * (1 - self.a)


class Linear(Layer):
    def __init__(self, n, k):
        self.W, self.b = np.ones((n, k)), np.zeros(k)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, g):
        self.dW, self.db = self.x.T @ g, g.mean(axis=0)
        return g @ self.W.T


class MSELoss:
    def forward(self, y, y_hat):
        self.difference = y_hat - y
        return np.mean(self.difference**2)

    def backward(self):
        return 2 * self.difference / self.difference.size

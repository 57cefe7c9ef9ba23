// A tensor class that prefopt has never heard of: one specialisation of `tensor_traits` teaches it.
#include <cassert>
#include <cmath>
#include <cstddef>
#include <vector>

#include <prefopt/prefopt.hpp>

namespace mine {

/// An image-like matrix whose rows are padded to a multiple of 16 numbers.
class grid {
 public:
  grid(std::ptrdiff_t height, std::ptrdiff_t width)
      : height_(height),
        width_(width),
        pitch_((width + 15) / 16 * 16),
        values_(std::size_t(height_ * pitch_)) {}

  std::ptrdiff_t height() const { return height_; }
  std::ptrdiff_t width() const { return width_; }
  std::ptrdiff_t pitch() const { return pitch_; }
  float* data() { return values_.data(); }
  const float* data() const { return values_.data(); }
  float& at(std::ptrdiff_t i, std::ptrdiff_t j) { return values_[std::size_t(i * pitch_ + j)]; }

 private:
  std::ptrdiff_t height_, width_, pitch_;
  std::vector<float> values_;
};

}  // namespace mine

template <>
struct prefopt::tensor_traits<mine::grid> {
  static matrix_view<float> view(mine::grid& g) { return {g.data(), g.height(), g.width(), g.pitch(), 1}; }
  static matrix_view<const float> view(const mine::grid& g) {
    return {g.data(), g.height(), g.width(), g.pitch(), 1};
  }
};

int main() {
  mine::grid scores(2, 3), gradient(2, 3);
  scores.at(0, 0) = 5;  // the first user's liked item leads, the second user's candidates are all alike

  const prefopt::result result = prefopt::evaluate(prefopt::softmax(), {.policy = scores}, gradient);

  assert(std::abs(result.loss - (std::log1p(2 * std::exp(-5.0)) + std::log(3.0)) / 2) < 1e-6);
  assert(std::abs(gradient.at(1, 0) + 1.0f / 3) < 1e-6f);  // (1/3 − 1) / 2 users
  assert(std::abs(gradient.at(0, 0)) < std::abs(gradient.at(1, 0)));
}

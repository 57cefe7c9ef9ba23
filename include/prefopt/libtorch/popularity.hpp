#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <ATen/ATen.h>

#include <prefopt/cuda/samplers.hpp>
#include <prefopt/libtorch/view.hpp>
#include <prefopt/samplers/alias_table.hpp>
#include <prefopt/samplers/popularity.hpp>

namespace prefopt::libtorch {

namespace detail {

/// As kernels take it, with the sampler's own tables.
inline cuda::popularity on_host(const samplers::popularity& sampler) {
  const auto& law = sampler.unrestricted();
  return {law.table().entries().data(), law.weights().data(), law.num_items(), sampler.repeats()};
}

}  // namespace detail

/// `samplers::popularity` of counts in a tensor. Where those are on a device, a copy of its tables is there, too (16 bytes
/// an item), for the kernels of `.cu` files.
class popularity : public samplers::popularity {
 public:
  /// \param counts [V] numbers of any type, on any device: how often each item was chosen. Read once, which waits for a
  ///               device.
  /// Throws `invalid_argument` as `samplers::popularity` does, and for tensors of other dimensions.
  explicit popularity(const at::Tensor& counts, const samplers::popularity_settings& settings = {})
      : popularity(numbers(counts), counts.device(), settings) {}

  /// Where a copy of the tables is.
  at::Device device() const { return weights_.defined() ? weights_.device() : at::kCPU; }
  /// As kernels take it: the tables on `device()`; valid as long as this.
  cuda::popularity on_device() const {
    if (!weights_.defined()) return detail::on_host(*this);
    return {static_cast<const entry*>(entries_.data_ptr()), weights_.data_ptr<double>(), weights_.size(0),
            repeats()};
  }

 private:
  using entry = samplers::alias_table::entry;

  popularity(const at::Tensor& numbers, at::Device device, const samplers::popularity_settings& settings)
      : samplers::popularity(
            std::span<const double>(numbers.data_ptr<double>(), static_cast<std::size_t>(numbers.numel())),
            settings),
        entries_(copied(unrestricted().table().entries(), device)),
        weights_(copied(unrestricted().weights(), device)) {}

  static at::Tensor numbers(const at::Tensor& counts) {
    using namespace detail;
    require(counts.defined(), here, "counts is undefined, expected a tensor");
    if (counts.dim() != 1) fail(here, "counts is ", sizes_text(counts), ", expected [V]");
    return counts.detach().to(at::kCPU, at::kDouble).contiguous();
  }

  /// [V] elements of 8 bytes; undefined on the CPU, where the sampler's own do.
  template <class Element>
  static at::Tensor copied(std::span<const Element> table, at::Device device) {
    static_assert(sizeof(Element) == sizeof(double) && std::is_trivially_copyable_v<Element>);
    if (device.is_cpu()) return {};
    return at::from_blob(const_cast<Element*>(table.data()), {static_cast<std::int64_t>(table.size())},
                         at::kDouble)
        .to(device);
  }

  at::Tensor entries_, weights_;
};

}  // namespace prefopt::libtorch

#define PREFOPT_PEERS ofast
#include "loss_peers.inc"

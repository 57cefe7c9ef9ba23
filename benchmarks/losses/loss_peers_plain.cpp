#define PREFOPT_PEERS plain
#include "loss_peers.inc"

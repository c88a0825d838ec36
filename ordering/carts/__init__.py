"""The shared cart of a table 多人点餐: lines owned by people, submitted once for all."""

"""The first tables of the menu."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('restaurant', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Category',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=32, verbose_name='名称')),
                ('sort', models.PositiveSmallIntegerField(default=0, verbose_name='排序')),
                ('is_active', models.BooleanField(default=True, verbose_name='上架')),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='categories', to='restaurant.store', verbose_name='门店')),
            ],
            options={
                'verbose_name': '分类',
                'verbose_name_plural': '分类',
                'ordering': ['sort', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Dish',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=64, verbose_name='名称')),
                ('description', models.CharField(blank=True, max_length=200, verbose_name='描述')),
                ('price_fen', models.PositiveIntegerField(verbose_name='价格(分)')),
                ('image', models.ImageField(blank=True, upload_to='dishes/', verbose_name='图片')),
                ('remaining', models.PositiveIntegerField(blank=True, null=True, verbose_name='剩余份数')),
                ('sold_out', models.BooleanField(default=False, verbose_name='估清')),
                ('sold_out_until', models.DateTimeField(blank=True, null=True, verbose_name='估清至')),
                ('is_active', models.BooleanField(default=True, verbose_name='上架')),
                ('sort', models.PositiveSmallIntegerField(default=0, verbose_name='排序')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('category', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dishes', to='dishes.category', verbose_name='分类')),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dishes', to='restaurant.station', verbose_name='档口')),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dishes', to='restaurant.store', verbose_name='门店')),
            ],
            options={
                'verbose_name': '菜品',
                'verbose_name_plural': '菜品',
                'ordering': ['sort', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ComboItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveSmallIntegerField(default=1, verbose_name='数量')),
                ('combo', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='combo_items', to='dishes.dish', verbose_name='套餐')),
                ('dish', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='in_combos', to='dishes.dish', verbose_name='菜品')),
            ],
            options={
                'verbose_name': '套餐内容',
                'verbose_name_plural': '套餐内容',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='OptionGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=32, verbose_name='名称')),
                ('required', models.BooleanField(default=False, verbose_name='必选')),
                ('min', models.PositiveSmallIntegerField(default=0, verbose_name='最少')),
                ('max', models.PositiveSmallIntegerField(default=1, verbose_name='最多')),
                ('sort', models.PositiveSmallIntegerField(default=0, verbose_name='排序')),
                ('dish', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='option_groups', to='dishes.dish', verbose_name='菜品')),
            ],
            options={
                'verbose_name': '规格组',
                'verbose_name_plural': '规格组',
                'ordering': ['sort', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Option',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=32, verbose_name='名称')),
                ('price_delta_fen', models.IntegerField(default=0, verbose_name='加价(分)')),
                ('is_active', models.BooleanField(default=True, verbose_name='上架')),
                ('sort', models.PositiveSmallIntegerField(default=0, verbose_name='排序')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='options', to='dishes.optiongroup', verbose_name='规格组')),
            ],
            options={
                'verbose_name': '规格',
                'verbose_name_plural': '规格',
                'ordering': ['sort', 'id'],
            },
        ),
        migrations.CreateModel(
            name='TimeWindow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekdays', models.PositiveSmallIntegerField(default=127, verbose_name='星期')),
                ('starts', models.TimeField(verbose_name='开始')),
                ('ends', models.TimeField(verbose_name='结束')),
                ('category', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='windows', to='dishes.category', verbose_name='分类')),
            ],
            options={
                'verbose_name': '供应时段',
                'verbose_name_plural': '供应时段',
            },
        ),
        migrations.AddIndex(
            model_name='dish',
            index=models.Index(fields=['sold_out', 'sold_out_until'], name='dish_by_restore_time'),
        ),
        migrations.AddConstraint(
            model_name='dish',
            constraint=models.CheckConstraint(condition=models.Q(('remaining__isnull', True), ('remaining__gte', 0), _connector='OR'), name='stock_not_negative'),
        ),
    ]
